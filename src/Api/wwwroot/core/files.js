// Files that leave the page, and texts that go to the clipboard.
import { h } from './dom.js';

/** Hands a blob to the browser's own download. */
export function save(blob, name) {
  const href = URL.createObjectURL(blob);
  h('a', { download: name, href }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Copies the text of an element; true if the clipboard took it, false if it is selected instead. */
export async function copy(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // browsers keep the clipboard from pages that came over plain HTTP from another machine
    getSelection().selectAllChildren(element);
    return false;
  }
}

/** The file name that an answer carries, or another. */
export function nameOf(answer, otherwise) {
  return /filename="?([^";]+)"?/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? otherwise;
}
