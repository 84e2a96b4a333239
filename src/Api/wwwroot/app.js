import { Hub, catalogue, pause, problemOf } from './service.js';
import { clearErrors, h, showError } from './dom.js';
import { LaneForm } from './lane-form.js';
import { LaneView } from './lane-view.js';
import { Replay } from './replay.js';

const byId = id => document.getElementById(id);
const form = byId('form');
const tell = (state, text) => Object.assign(byId('health'), { textContent: text }).dataset.state = state;
const announce = text => { byId('announce').textContent = text; };
const view = () => form.elements.view.value;

let known = await load();
const lanes = ['ddim', 'dddm'].map((preferred, i) => makeLane('ab'[i], preferred));
const replay = new Replay(byId('scrub'), byId('play'), show);
let jobs = [];
let wasConnected = false;

byId('lanes').append(...lanes.map(lane => lane.view.element));
fillLabels();
setCompare();
const hub = new Hub(connectionChanged);
await hub.start();

async function load() {
  for (let attempt = 0; ; attempt++) {
    try {
      const found = await catalogue();
      if (found.models.length) return found;
      tell('lost', 'No model is published yet');
    } catch {
      tell('lost', 'The service does not answer, trying again');
    }
    await pause(attempt);
  }
}

async function connectionChanged(connected) {
  byId('go').disabled = !connected;
  if (!connected) return tell('lost', 'Connection lost, trying again');
  tell('ready', `${known.models.length} model${known.models.length === 1 ? '' : 's'} ready`);
  document.documentElement.dataset.ready = 'true';
  if (wasConnected) {
    // the service may have come back with other models
    known = await load();
    lanes.forEach(lane => lane.form.refresh(known));
    fillLabels();
  }
  wasConnected = true;
}

function makeLane(key, preferred) {
  const laneForm = new LaneForm(key, known, preferred);
  const laneView = new LaneView(laneForm.element);
  const name = () => { laneView.title.textContent = laneForm.sampler.value.toUpperCase(); };
  laneForm.sampler.addEventListener('change', name);
  laneForm.model.addEventListener('change', () => { name(); fillLabels(); });
  name();
  return { form: laneForm, view: laneView };
}

function active() { return byId('compare').checked ? lanes : lanes.slice(0, 1); }

function setCompare() { lanes[1].view.element.hidden = !byId('compare').checked; }

function fillLabels() {
  const names = lanes[0].form.description.labels ?? [];
  const keep = byId('label').value;
  byId('label').replaceChildren(
    ...(names.length ? [h('option', { value: 'all' }, 'All in turn')] : []),
    h('option', { value: 'none' }, 'None'),
    ...names.map((name, i) => h('option', { value: i }, name)));
  if ([...byId('label').options].some(option => option.value === keep)) byId('label').value = keep;
}

function labelsOf(lane) {
  const { value } = byId('label');
  if (value === 'none') return [];
  return value === 'all' ? (lane.form.description.labels ?? []).map((_, i) => i) : [Number(value)];
}

function show() { active().forEach(lane => lane.view.show(view(), replay.share)); }

/** Beside the fields it names; what no field can show goes to the form. */
function showProblem(error, lane) {
  const problem = problemOf(error);
  const fields = Object.entries(problem?.errors ?? {});
  const rest = fields.filter(([name, messages]) => !showError(`${lane.form.key}-${name}`, messages) && !showError(name, messages));
  const message = problem ? problem.detail ?? problem.title : 'The connection was lost before the pictures were done.';
  if (fields.length === 0) lane.view.fail(message);
  else lane.view.fail(`${problem.title}.`);
  if (rest.length) showError('form', rest.flatMap(([, messages]) => messages));
}

async function run(lane, shared) {
  const request = { ...lane.form.request(shared.n), ...shared, label: labelsOf(lane) };
  lane.view.begin(request);
  lane.view.show(view(), 1);
  const job = hub.generate(request, event => lane.view.on(event));
  jobs.push(job);
  try {
    if (await job.done === 'stopped') lane.view.stopped();
  } catch (error) {
    showProblem(error, lane);
  }
}

/** Swaps Generate and Stop; whoever had the one focused has the other then. */
function setRunning(running) {
  const [shown, gone] = running ? [byId('stop'), byId('go')] : [byId('go'), byId('stop')];
  const focused = document.activeElement === gone;
  shown.hidden = false;
  gone.hidden = true;
  if (focused) shown.focus();
}

function unreadable() {
  const inputs = [...form.querySelectorAll('input')].filter(input => input.validity.badInput && !input.closest('[hidden]'));
  for (const input of inputs) showError(input.id, 'This is not a number.');
  return inputs.length > 0;
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  if (jobs.length || byId('go').disabled) return;
  clearErrors(form);
  if (unreadable()) return form.querySelector('[aria-invalid]').focus();
  // one seed for both lanes, so that they start from the same noise
  const seed = byId('seed').value.trim() || String(randomSeed());
  const shared = { n: Number(byId('n').value || 1), seed, guidance: byId('guidance').value || null };
  setRunning(true);
  replay.offer(0);
  announce('Generating');
  await Promise.all(active().map(lane => run(lane, shared)));
  jobs = [];
  setRunning(false);
  replay.offer(Math.max(...active().map(lane => lane.view.steps)));
  announce(active().map(lane => `${lane.view.title.textContent}: ${lane.view.status.textContent}`).join('. '));
  form.querySelector('[aria-invalid]')?.focus();
});

function randomSeed() { return crypto.getRandomValues(new Uint32Array(1))[0]; }
function stop() { jobs.forEach(job => job.stop()); }

byId('stop').addEventListener('click', stop);
addEventListener('keydown', event => { if (event.key === 'Escape') stop(); });
byId('dice').addEventListener('click', () => { byId('seed').value = randomSeed() % 1_000_000; });
byId('compare').addEventListener('change', () => { setCompare(); show(); });
form.addEventListener('change', event => { if (event.target.name === 'view') show(); });
