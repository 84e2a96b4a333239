// Puts the page together: what is served, the live connection, and the three views.
import { Api, catalogue } from './core/api.js';
import { Hub, pause } from './core/hub.js';
import { changeKey, key, keyGiven } from './core/key.js';
import { plural } from './core/words.js';
import { Router } from './core/router.js';
import { GenerateView } from './generate/view.js';
import { ModelsView } from './models/view.js';
import { QueueView } from './queue/view.js';

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

let service = null;
let [known, api] = await load();
service = { api };
const generate = new GenerateView(service, known, announce);
const models = new ModelsView(service, known, { announce, changed: refresh });
let wasConnected = false;
service.hub = new Hub(connectionChanged);
generate.resume();
new Router({ generate, queue: new QueueView(service), models });
await service.hub.start();

async function load() {
  for (let attempt = 0; ; attempt++) {
    try {
      const [found, document] = await Promise.all([catalogue(), Api.read()]);
      if (found.models.length) return [found, document];
      tell('lost', 'No model is published yet');
    } catch (error) {
      if (error.status === 401) {
        tell('lost', 'An API key is needed');
        await keyGiven();
        continue;
      }
      tell('lost', 'The service does not answer, trying again');
    }
    await pause(attempt);
  }
}

async function refresh() {
  [known, service.api] = await load();
  generate.refresh(known);
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
