// What this service can do, from its OpenAPI document: the page offers no more than that.
import { get } from './http.js';

export class Api {
  #document;

  constructor(document) { this.#document = document; }

  static async read() { return new Api(await get('openapi/v1.json')); }

  /** Whether there is such a call; braces stand for any name. */
  has(method, path) { return Boolean(this.#operation(method, path)); }

  /** The schema of a query field of a call, or null. */
  field(method, path, name) {
    const operation = this.#operation(method, path);
    const found = operation?.parameters?.find(parameter => this.#resolve(parameter).name === name);
    if (found) {
      const { description, schema } = this.#resolve(found);
      return { description, ...this.#resolve(schema ?? {}) };
    }
    const body = this.#resolve(operation?.requestBody?.content?.['application/json']?.schema ?? {});
    return body.properties?.[name] ? this.#resolve(body.properties[name]) : null;
  }

  /** The media types of a file that a call takes in a form, as a file dialog wants them. */
  types(method, path, name) {
    return this.#operation(method, path)?.requestBody?.content?.['multipart/form-data']?.encoding?.[name]?.contentType ?? '';
  }

  /** The names of the fields of a call, in its query or its body. */
  fields(method, path) {
    const operation = this.#operation(method, path);
    const body = this.#resolve(operation?.requestBody?.content?.['application/json']?.schema ?? {});
    const parameters = (operation?.parameters ?? []).map(parameter => this.#resolve(parameter)).filter(each => each.in !== 'header');
    return [...new Set([...parameters.map(each => each.name), ...Object.keys(body.properties ?? {})])];
  }

  #operation(method, path) {
    const shape = text => text.replace(/\{[^}]*\}/g, '{}');
    const found = Object.keys(this.#document.paths ?? {}).find(each => shape(each) === shape(path));
    return found && this.#document.paths[found][method];
  }

  #resolve(node) {
    if (!node.$ref) return node;
    return node.$ref.slice(2).split('/').reduce((at, part) => at?.[part], this.#document) ?? {};
  }
}

/** The models and samplers that are served. */
export async function catalogue() {
  const [models, samplers] = await Promise.all([get('v1/models'), get('v1/samplers')]);
  return { models: list(models), samplers: list(samplers) };
}

/** A list as it is, or the one inside a page of results. */
export const list = answer => Array.isArray(answer) ? answer : Object.values(answer ?? {}).find(Array.isArray) ?? [];

/** The models that make pictures; a classifier guides others. */
export const makers = ({ models }) => models.filter(({ samplers }) => samplers.length > 0);

/** How a request can name a model: plainly, or by an alias. */
export const choices = ({ name, aliases }) => [name, ...Object.keys(aliases ?? {}).map(alias => `${name}@${alias}`)];

/** The samplers that some model can be sampled with, first those that a model is made for. */
export function usualSamplers({ models, samplers }) {
  const can = samplers.map(({ name }) => name).filter(name => models.some(model => model.samplers.includes(name)));
  const isUsual = name => models.some(model => model.sampling?.sampler === name);
  return [...can.filter(isUsual), ...can.filter(name => !isUsual(name))];
}
