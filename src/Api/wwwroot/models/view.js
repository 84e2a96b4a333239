// The view of the models: versions, where they come from, and which one a name stands for.
import { clearErrors, redraw, showError } from '../core/dom.js';
import { confirm } from '../core/confirm.js';
import { explain, problemOf } from '../core/http.js';
import { aliasesOf, back, can, move, versionsOf } from './aliases.js';
import { card } from './card.js';

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
  }

  // what is known already, and then what is there now
  async enter() {
    await this.#draw();
    await this.#on.changed();
  }

  refresh(catalogue) {
    this.#catalogue = catalogue;
    if (!this.element.hidden) return this.#draw();
  }

  async #draw() {
    const may = can(this.#service.api);
    try {
      redraw(this.#place, ...await Promise.all(this.#catalogue.models.map(model => this.#card(model, may))));
    } catch (error) {
      this.#say(explain(error), true);
    }
  }

  async #card(model, may) {
    const [versions, aliases] = await Promise.all([versionsOf(this.#service.api, model), aliasesOf(this.#service.api, model)]);
    const find = name => aliases.find(({ alias }) => alias === name);
    return card(model, versions, aliases, may, {
      move: (alias, version) => this.#move(model, alias, version, find(alias)),
      back: alias => this.#back(model, alias, find(alias)),
    });
  }

  #move(model, alias, version, now) {
    const moved = now ? `It is v${now.version} now.` : 'The alias is new.';
    return this.#change(model, `Promote ${model.name} v${version}?`,
      `Requests for ${model.name}@${alias} get version ${version} from then on. ${moved} Requests that are running keep the version they began with.`,
      'Promote', () => move(model.name, alias, version, now?.mark), `${model.name}@${alias} is v${version} now.`);
  }

  #back(model, alias, now) {
    return this.#change(model, `Roll ${model.name}@${alias} back?`,
      `It is v${now.version} now and goes back to v${now.before.at(-1)}. Requests that are running keep the version they began with.`,
      'Roll back', () => back(model.name, alias, now.mark), `${model.name}@${alias} is rolled back.`);
  }

  async #change(model, title, text, yes, act, done) {
    clearErrors(this.element);
    if (!await confirm(title, text, yes)) return;
    this.#say('The service loads the version and looks whether it is sound.');
    try {
      await act();
    } catch (error) {
      if (error.status === 412) await this.#on.changed();
      return this.#explain(model, error);
    }
    // said when it is to be seen
    await this.#on.changed();
    this.#say(done);
  }

  #explain(model, error) {
    if (error.status === 412) return this.#say(`Nothing was changed: somebody else has moved the alias since this page was drawn. ${explain(error)}`, true);
    const fields = Object.entries(problemOf(error)?.errors ?? {});
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
