// Views by the part of the address after #/. Each has an element, a title, and may have enter(query) and leave().

export class Router {
  #views;
  #current = null;

  constructor(views) {
    this.#views = views;
    addEventListener('hashchange', () => this.#show(true));
    this.#show(false);
  }

  get current() { return this.#current; }

  /** Takes other views for some names, or further ones. */
  put(views) {
    const { [this.#current]: before } = this.#views;
    Object.assign(this.#views, views);
    if (this.#views[this.#current] === before) return;
    before.element.hidden = true;
    this.#current = null;
    this.#show(false);
  }

  #show(moved) {
    // other fragments are places within a view
    if (this.#current && !location.hash.startsWith('#/')) return;
    const [name, query] = location.hash.slice(2).split('?');
    const next = name in this.#views ? name : Object.keys(this.#views)[0];
    if (next !== this.#current) this.#swap(next, moved);
    this.#views[next].enter?.(new URLSearchParams(query));
  }

  #swap(next, moved) {
    if (this.#current) this.#views[this.#current].leave?.();
    this.#current = next;
    for (const [name, view] of Object.entries(this.#views)) view.element.hidden = name !== next;
    for (const link of document.querySelectorAll('[data-view-link]')) {
      if (link.dataset.viewLink === next) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.title = `${this.#views[next].title} · Diffusion`;
    if (moved) {
      scrollTo(0, 0);
      this.#views[next].element.querySelector('h1').focus();
    }
  }
}
