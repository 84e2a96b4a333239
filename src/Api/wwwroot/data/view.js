// The view of the data: image sets, uploads on their way to become some, and what was left out.
import { redraw } from '../core/dom.js';
import { confirm } from '../core/confirm.js';
import { explain } from '../core/http.js';
import { inTurn } from '../core/turn.js';
import { plural } from '../core/words.js';
import { NewSet } from './form.js';
import { setCard } from './set.js';
import { allSets, allUploads, dropUpload, previewOf, removeSet, size } from './sets.js';
import { begin, send } from './transfer.js';
import { isOpen, uploadItem, watchUploads } from './uploads.js';

export class DataView {
  title = 'Data';
  element = document.getElementById('data');
  #announce;
  #places = {};
  #sending = new Map(); // by id: { abort, why }
  #uploads = [];
  #end = null;
  #look = inTurn(() => this.#read());

  constructor(announce) {
    this.#announce = announce;
    for (const name of ['said', 'new', 'uploads', 'sets']) this.#places[name] = this.element.querySelector(`[data-place="${name}"]`);
    this.#places.new.append(new NewSet((fields, file) => this.#begin(fields, file)).element);
    // leaving the page breaks an upload off; it can go on, but who leaves should mean to
    addEventListener('beforeunload', event => { if ([...this.#sending.values()].some(here => !here.sent)) event.preventDefault(); });
  }

  async enter() {
    // who may not read them would be refused again and again
    if (await this.#look() && !this.element.hidden) this.#end ??= watchUploads((upload, news) => this.#hear(upload, news));
  }

  leave() {
    this.#end?.();
    this.#end = null;
  }

  // as it comes; what has an end of its own is read as a whole, with the sets
  #hear(upload, news) {
    const at = this.#uploads.findIndex(({ id }) => id === (upload?.id ?? news));
    const before = this.#uploads[at];
    if (!upload || !isOpen(upload.state) || !before) {
      if (upload ? !before || isOpen(before.state) : before) this.#look();
      return;
    }
    // what this page has sent meanwhile, it knows sooner
    this.#uploads[at] = upload.state === 'receiving' && before.offset > upload.offset ? before : upload;
    this.#drawUploads();
  }

  /** Whether it could be read. */
  async #read() {
    try {
      this.#uploads = await allUploads();
      this.#drawUploads();
      await this.#drawSets();
      for (const { id, name, state } of this.#uploads) if (!isOpen(state) && this.#sending.get(id)?.sent) {
        this.#sending.delete(id);
        this.#say(state === 'succeeded' ? `${name} is imported.` : `${name} could not be imported.`, state === 'failed');
      }
      return true;
    } catch (error) {
      this.#say(explain(error), true);
      return false;
    }
  }

  #drawUploads() {
    // what became a set is shown as one
    redraw(this.#places.uploads, ...this.#uploads.filter(({ state }) => state !== 'succeeded').map(upload => uploadItem(upload, this.#here(upload.id), {
      stop: () => this.#sending.get(upload.id)?.abort.abort(),
      resume: file => this.#resume(upload, file),
      drop: () => this.#drop(upload),
    })));
  }

  #here(id) {
    const here = this.#sending.get(id);
    return here && !here.sent ? { sending: true, why: here.why } : null;
  }

  async #drawSets() {
    const { items, damaged } = await allSets();
    const cards = await Promise.all(items.map(async set => setCard(set, await previewOf(set), { remove: () => this.#remove(set) })));
    const faults = damaged.map(({ name, problem }) => Object.assign(document.createElement('p'), { className: 'panel problem', textContent: `${name} cannot be read: ${problem}` }));
    redraw(this.#places.sets, ...cards, ...faults);
    this.#places.sets.setAttribute('aria-busy', 'false');
    if (cards.length + faults.length + this.#uploads.length === 0) this.#say('There are no image sets yet. Upload a zip file of images.');
  }

  async #begin(fields, file) {
    const upload = await begin(fields);
    this.#say(`${upload.name} is uploaded: ${size(file.size)}.`);
    this.#send(upload, file);
    this.#look();
  }

  #resume(upload, file) {
    if (!file) return;
    if (file.size !== upload.length) return this.#say(`${file.name} has ${size(file.size)}, the upload of ${upload.name} has ${size(upload.length)}: it is another file.`, true);
    this.#say(`The upload of ${upload.name} goes on.`);
    this.#send(upload, file);
    this.#look();
  }

  async #send(upload, file) {
    const here = { abort: new AbortController(), why: '' };
    this.#sending.set(upload.id, here);
    const draw = (offset, why) => {
      here.why = why;
      this.#uploads = this.#uploads.map(each => each.id === upload.id ? { ...each, offset: offset ?? each.offset } : each);
      this.#drawUploads();
    };
    try {
      here.sent = await send(upload.links.self.slice(1), file, upload.offset, { sent: offset => draw(offset, ''), waits: why => draw(null, why) }, here.abort.signal);
      if (!here.sent) this.#sending.delete(upload.id);
    } catch (error) {
      this.#sending.delete(upload.id);
      this.#say(explain(error), true);
    }
    this.#look();
  }

  async #drop({ id, name, state }) {
    const open = isOpen(state);
    if (open && !await confirm(`Drop the upload of ${name}?`, 'What was sent of it is deleted, and nothing is imported.', 'Drop it')) return;
    this.#sending.get(id)?.abort.abort();
    await this.#act(() => dropUpload(id), open ? `The upload of ${name} is dropped.` : '');
  }

  async #remove({ name, images, usedBy }) {
    const needed = usedBy.length ? ` ${plural(usedBy.length, 'training job')} that is not over needs it; the service will refuse.` : '';
    if (!await confirm(`Delete ${name}?`, `Its ${plural(images, 'image')} are deleted from the disk. Versions that were trained on it stay and keep its digest.${needed}`, 'Delete it')) return;
    await this.#act(() => removeSet(name), `${name} is deleted.`);
  }

  async #act(act, done) {
    try {
      await act();
    } catch (error) {
      this.#say(explain(error), true);
      return this.#look();
    }
    // said when it is to be seen
    await this.#look();
    if (done) this.#say(done);
  }

  #say(text, bad = false) {
    this.#places.said.textContent = text;
    this.#places.said.classList.toggle('problem', bad);
    this.#places.said.hidden = false;
    this.#announce(text);
  }
}
