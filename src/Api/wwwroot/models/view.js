// The view of the models: versions, where they come from, and which one a name stands for.
import { clearErrors, redraw, showError } from '../core/dom.js';
import { confirm } from '../core/confirm.js';
import { explain, problemOf } from '../core/http.js';
import * as aliasing from './aliases.js';
import { arrival } from './arrival.js';
import { card } from './card.js';
import { openSheet } from './sheet.js';
import * as versioning from './versions.js';

export class ModelsView {
  title = 'Models';
  element = document.getElementById('models');
  #service;
  #catalogue;
  #on;
  #place = this.element.querySelector('[data-place="models"]');
  #said = this.element.querySelector('[data-place="said"]');

  /** @param on { announce(text), changed() }: changed makes the page read the catalogue again */
  constructor(service, catalogue, on) {
    [this.#service, this.#catalogue, this.#on] = [service, catalogue, on];
    if (this.#may.bring) this.element.append(arrival(service.api.types('post', '/v1/models/{name}/versions', 'file'), { bring: (model, file) => this.#bring(model, file) }));
  }

  // what is known already, and then what is there now
  async enter(query) {
    this.#place.setAttribute('aria-busy', 'true');
    await this.#draw();
    await this.#on.changed();
    // an address may name the model that somebody wants to see
    if (query?.has('name')) document.getElementById(`model-${query.get('name')}`)?.scrollIntoView();
    this.#place.setAttribute('aria-busy', 'false');
  }

  refresh(catalogue) {
    this.#catalogue = catalogue;
    if (!this.element.hidden) return this.#draw();
  }

  get #may() { return { ...aliasing.can(this.#service.api), ...versioning.can(this.#service.api) }; }

  async #draw() {
    const may = this.#may;
    try {
      redraw(this.#place, ...await Promise.all(this.#catalogue.models.map(model => this.#card(model, may))));
    } catch (error) {
      this.#say(explain(error), true);
    }
  }

  async #card(model, may) {
    const [versions, aliases] = await Promise.all([versioning.versionsOf(this.#service.api, model), aliasing.aliasesOf(this.#service.api, model)]);
    const find = name => aliases.find(({ alias }) => alias === name);
    return card(model, versions, aliases, may, {
      move: (alias, version) => this.#move(model, alias, version, find(alias)),
      back: alias => this.#back(model, alias, find(alias)),
      remove: alias => this.#remove(model, alias, find(alias)),
      look: version => this.#look(model, versions.find(each => each.version === version)),
    });
  }

  #move(model, alias, version, now) {
    const moved = now ? `It is v${now.version} now.` : 'The alias is new.';
    return this.#change(model, `Promote ${model.name} v${version}?`,
      `Requests for ${model.name}@${alias} get version ${version} from then on. ${moved} Requests that are running keep the version they began with.`,
      'Promote', () => aliasing.move(model.name, alias, version, now?.mark), `${model.name}@${alias} is v${version} now.`);
  }

  #back(model, alias, now) {
    return this.#change(model, `Roll ${model.name}@${alias} back?`,
      `It is v${now.version} now and goes back to v${now.before.at(-1)}. Requests that are running keep the version they began with.`,
      'Roll back', () => aliasing.back(model.name, alias, now.mark), `${model.name}@${alias} is rolled back.`);
  }

  async #remove(model, alias, now) {
    const gone = await this.#change(model, `Delete ${model.name}@${alias}?`,
      `Requests for ${model.name}@${alias} are refused from then on, and where it stood is forgotten. Version ${now.version} stays, and so do requests that are running.`,
      'Delete', () => aliasing.remove(model.name, alias, now.mark), `${model.name}@${alias} is deleted.`, null);
    // its button is gone, and the focus with it
    if (gone) document.getElementById(`promote-${model.name}-alias`)?.focus();
  }

  async #look(model, version) {
    const { name } = model, may = this.#may;
    let chosen;
    try {
      chosen = await openSheet(version, may.lineage ? await versioning.lineageOf(name, version.version) : null, may);
    } catch (error) {
      return this.#say(explain(error), true);
    }
    if (chosen === 'pin') return this.#pin(model, version);
    if (chosen === 'discard') return this.#discard(model, version);
    if (chosen) return this.#export(name, version.version, chosen);
  }

  async #export(name, version, format) {
    this.#say(`${name} v${version} is on its way.`);
    try {
      this.#say(`${await versioning.download(name, version, format)} is saved.`);
    } catch (error) {
      this.#say(`Nothing was exported. ${explain(error)}`, true);
    }
  }

  #pin(model, { version, pinned }) {
    const [title, text] = pinned
      ? ['Unpin', 'From then on it is deleted when the rules of retention say so, and never before.'] : ['Pin', 'It is kept until somebody unpins it, whatever the rules of retention say.'];
    return this.#change(model, `${title} ${model.name} v${version}?`, text, title, () => versioning.pin(model.name, version, !pinned), `${model.name} v${version} is ${pinned ? 'no longer ' : ''}pinned.`, null);
  }

  async #discard(model, { version }) {
    const gone = await this.#change(model, `Delete ${model.name} v${version}?`, 'Its files are deleted, and its number is never given again. An export made before can be imported as a new version.',
      'Delete', () => versioning.discard(model.name, version), `${model.name} v${version} is deleted.`, null);
    if (gone) document.getElementById(`promote-${model.name}-alias`)?.focus();
  }

  async #bring(name, file) {
    this.#say(`${file.name} is on its way, and verified when it is here.`);
    try {
      const { model, version } = await versioning.bring(name, file);
      await this.#on.changed();
      this.#say(`${model} v${version} is here.`);
    } catch (error) {
      const fields = Object.entries(problemOf(error)?.errors ?? {});
      for (const [entry, messages] of fields) if (!showError(`import-${entry}`, messages)) showError('import', `${entry}: ${messages.join(' ')}`);
      this.#say(fields.length ? 'Nothing was imported.' : `Nothing was imported. ${explain(error)}`, true);
    }
  }

  async #change(model, title, text, yes, act, done, meanwhile = 'The service loads the version and looks whether it is sound.') {
    clearErrors(this.element);
    if (!await confirm(title, text, yes)) return false;
    if (meanwhile) this.#say(meanwhile);
    try {
      await act();
    } catch (error) {
      if ([404, 412].includes(error.status)) await this.#on.changed();
      this.#explain(model, error);
      return false;
    }
    // said when it is to be seen
    await this.#on.changed();
    this.#say(done);
    return true;
  }

  #explain(model, error) {
    if (error.status === 412) return this.#say(`Nothing was changed: somebody else has moved the alias since this page was drawn. ${explain(error)}`, true);
    // what was typed is wrong; anything else is not the form's fault
    const fields = error.status === 400 ? Object.entries(problemOf(error)?.errors ?? {}) : [];
    const rest = fields.filter(([name, messages]) => !showError(`promote-${model.name}-${name}`, messages));
    this.#say(rest.length || fields.length === 0 ? `Nothing was changed. ${explain(error)}` : 'Nothing was changed.', true);
  }

  #say(text, bad = false) {
    this.#said.textContent = text;
    this.#said.classList.toggle('problem', bad);
    this.#said.hidden = false;
    this.#on.announce(text);
  }
}
