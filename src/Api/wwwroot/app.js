// Puts the page together: what is served, the live connection, and the views.
import { Api, catalogue, makers } from './core/api.js';
import { Hub, pause } from './core/hub.js';
import { DataView } from './data/view.js';
import { changeKey, key, keyGiven } from './core/key.js';
import { plural } from './core/words.js';
import { Router } from './core/router.js';
import { EvaluationView } from './evaluation/view.js';
import { GenerateView } from './generate/view.js';
import { ModelsView } from './models/view.js';
import { QueueView } from './queue/view.js';
import { TrainingView } from './training/view.js';

const byId = id => document.getElementById(id);
const announce = text => { byId('announce').textContent = text; };

// a status that is written again is read out again
function tell(state, text) {
  const health = byId('health');
  health.dataset.state = state;
  if (health.textContent !== text) health.textContent = text;
}

byId('skip').addEventListener('click', event => {
  event.preventDefault();
  byId('main').focus();
});

byId('change-key').hidden = !key();
byId('change-key').addEventListener('click', async () => {
  if (await changeKey('Another key takes the place of the one before.')) await service?.hub.renew();
});
byId('give-key').addEventListener('click', () => changeKey('The service answers to those who have a key.'));

let service = null;
let [known, api] = await load();
service = { api };
// what shows models waits for the first one
let generate = null, evaluation = null;
const models = new ModelsView(service, known, { announce, changed: refresh });
let [wasConnected, isConnected] = [false, false];
service.hub = new Hub(connectionChanged);
const training = new TrainingView(announce, { promoted });
const queue = new QueueView(service), data = new DataView(announce);
const views = makers(known).length ? furnish() : { generate: { title: 'Start', element: byId('start') } };
const router = new Router({ ...views, queue, models, data, training });
await service.hub.start();
for (let attempt = 0; !generate; attempt++) {
  await pause(attempt);
  await refresh();
}

/** To where what serves now makes pictures. */
async function promoted(name) {
  await refresh();
  location.hash = `#/generate?model=${encodeURIComponent(name)}`;
}

/** The views of the models that there are now. */
function furnish() {
  generate = new GenerateView(service, known, announce);
  evaluation = new EvaluationView(service, known, announce);
  generate.resume();
  return { generate, evaluation };
}

/** Says why there is nothing to see yet; null when there is. */
function wait(why, needsKey = false) {
  byId('wait').hidden = !why || Boolean(service?.hub);
  byId('wait').querySelector('p').textContent = why ?? '';
  byId('give-key').hidden = !needsKey;
}

async function load() {
  for (let attempt = 0; ; attempt++) {
    try {
      const [found, document] = await Promise.all([catalogue(), Api.read()]);
      wait(null);
      return [found, document];
    } catch (error) {
      if (error.status === 401) {
        tell('lost', 'An API key is needed');
        wait('The service answers to those who have a key. Whoever runs it makes one with: ./run keys add NAME', true);
        await keyGiven();
        continue;
      }
      tell('lost', 'The service does not answer, trying again');
      wait('The service does not answer. It is asked again until it does; this page goes on by itself.');
    }
    await pause(attempt);
  }
}

async function refresh() {
  [known, service.api] = await load();
  if (generate) {
    // the last one may have been deleted: what was there stays to be seen
    if (makers(known).length) [generate, evaluation].forEach(view => view.refresh(known));
  } else if (makers(known).length) {
    const views = furnish();
    generate.connected(isConnected);
    router.put(views);
  }
  if (wasConnected) say();
  await models.refresh(known);
}

function say() {
  tell('ready', known.models.length ? `${plural(known.models.length, 'model')} ready` : 'No model is published yet');
  if (!evaluation) document.querySelector('[data-view-link="evaluation"]').hidden = true;
}

async function connectionChanged(connected) {
  isConnected = connected;
  generate?.connected(connected);
  if (!connected) return tell('lost', 'Connection lost, trying again');
  say();
  document.documentElement.dataset.ready = 'true';
  // the service may have come back with other models
  const again = wasConnected;
  wasConnected = true;
  if (again) await refresh();
}
