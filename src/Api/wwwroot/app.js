// Puts the page together: what is served, the live connection, and the views.
import { Api, catalogue } from './core/api.js';
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
const generate = new GenerateView(service, known, announce);
const models = new ModelsView(service, known, { announce, changed: refresh });
const evaluation = new EvaluationView(service, known, announce);
let wasConnected = false;
service.hub = new Hub(connectionChanged);
generate.resume();
new Router({ generate, queue: new QueueView(service), models, data: new DataView(announce), training: new TrainingView(announce), evaluation });
await service.hub.start();

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
      if (found.models.length) {
        wait(null);
        return [found, document];
      }
      tell('lost', 'No model is published yet');
      wait('The service runs and has no model. As soon as a version is published in its folder of models, it is shown here.');
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
  generate.refresh(known);
  evaluation.refresh(known);
  await models.refresh(known);
}

async function connectionChanged(connected) {
  generate.connected(connected);
  if (!connected) return tell('lost', 'Connection lost, trying again');
  tell('ready', `${plural(known.models.length, 'model')} ready`);
  document.documentElement.dataset.ready = 'true';
  // the service may have come back with other models
  if (wasConnected) await refresh();
  wasConnected = true;
}
