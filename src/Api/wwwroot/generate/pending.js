// What this tab waits for, so that a page that is loaded again goes on watching it.

const place = 'diffusion-pending';

/** The requests that had not ended, each with the id under which the service goes on with it. */
export function pending() {
  try { return JSON.parse(sessionStorage.getItem(place)) ?? []; } catch { return []; }
}

export const setPending = requests => sessionStorage.setItem(place, JSON.stringify(requests));
