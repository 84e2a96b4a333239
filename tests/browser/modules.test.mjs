// What of the page needs no browser.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Api, list, usualSamplers } from '../../src/Api/wwwroot/core/api.js';
import { leading } from '../../src/Api/wwwroot/core/figures.js';
import { figuresOf, linesOf, ticks } from '../../src/Api/wwwroot/evaluation/points.js';
import { explain, problemOf, Refusal } from '../../src/Api/wwwroot/core/http.js';
import { duration, heading, lately, moment, number, plural } from '../../src/Api/wwwroot/core/words.js';

describe('what the service can do', () => {
  const api = new Api({
    paths: {
      '/v1/models/{model}/aliases/{alias}': { get: {}, put: {} },
      '/generate': {
        post: {
          parameters: [{ name: 'priority', description: 'Who goes first.', schema: { $ref: '#/components/schemas/Class' } }, { name: 'steps', in: 'query', schema: { minimum: 1 } }, { name: 'Prefer', in: 'header' }],
          requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Request' } }, 'multipart/form-data': { encoding: { image: { contentType: 'image/png, image/webp' } } } } },
        },
      },
    },
    components: { schemas: { Class: { enum: ['interactive', 'batch'] }, Request: { properties: { deadlineMs: { minimum: 5 } } } } },
  });

  it('is a call by its method and path, however its parts are named', () => {
    assert.ok(api.has('put', '/v1/models/{name}/aliases/{x}'));
    assert.ok(!api.has('post', '/v1/models/{name}/aliases/{x}'));
    assert.ok(!api.has('get', '/v1/models/{name}/aliases'));
  });

  it('is a field of the query or of the body, with what is allowed', () => {
    assert.deepEqual(api.field('post', '/generate', 'priority'), { description: 'Who goes first.', enum: ['interactive', 'batch'] });
    assert.equal(api.field('post', '/generate', 'deadlineMs').minimum, 5);
    assert.equal(api.field('post', '/generate', 'determinism'), null);
    assert.equal(api.field('post', '/nowhere', 'steps'), null);
  });

  it('has fields with names, and files of certain types', () => {
    assert.deepEqual(api.fields('post', '/generate'), ['priority', 'steps', 'deadlineMs']);
    assert.deepEqual(api.fields('post', '/nowhere'), []);
    assert.equal(api.types('post', '/generate', 'image'), 'image/png, image/webp');
    assert.equal(api.types('post', '/generate', 'from.image'), '');
  });

  it('is the samplers that models are made for, and then the others that they can be sampled with', () => {
    const samplers = ['one', 'two', 'three', 'four'].map(name => ({ name }));
    assert.deepEqual(usualSamplers({ samplers, models: [{ samplers: ['one', 'three'], sampling: { sampler: 'three' } }, { samplers: ['four', 'one'] }] }), ['three', 'one', 'four']);
  });

  it('is a list, alone or in a page of results', () => {
    assert.deepEqual(list([1]), [1]);
    assert.deepEqual(list({ next: 'x', items: [1, 2] }), [1, 2]);
    assert.deepEqual(list(null), []);
  });
});

describe('what was measured', () => {
  const result = (sampler, steps, metrics, more = {}) => ({ at: '2026-01-01T00:00:00Z', metrics, settings: { sampler, steps: String(steps), guidance: '1', ...more } });
  const results = [
    result('ddim', 10, { frechet: 4, recall: 0.5 }), result('ddim', 5, { frechet: 9 }), result('ddim', 10, { frechet: 3 }),
    result('ddim', 5, { frechet: 7 }, { 'option.eta': '1', guidance: '2' }), result('ddpm', 10, { frechet: 8 }),
    { metrics: { frechet: 1 }, settings: {} }, { metrics: { frechet: 1 } },
  ];

  it('is a line for each sampler with its options, by steps, the latest of each point', () => {
    assert.deepEqual(linesOf(results, 'frechet').map(({ name, points }) => [name, points.map(({ steps, value }) => [steps, value])]),
      [['ddim', [[5, 9], [10, 3]]], ['ddim, eta 1, guidance 2', [[5, 7]]], ['ddpm', [[10, 8]]]]);
    const steered = [
      { sampler: 'ddim', guidance: '3', guidanceRescale: '0.7' }, { sampler: 'ddim', guidance: '3' }, { sampler: 'ddim', guidance: '3', guidanceParallel: '0', dynamicThreshold: '0.995' },
      { sampler: 'ddim', guidance: '0', guidingClassifier: 'guide@1', guidingClassifierSha256: '00', classifierScale: '2' },
    ].map(settings => ({ metrics: { frechet: 1 }, settings: { steps: '5', ...settings } }));
    assert.deepEqual(linesOf(steered, 'frechet').map(({ name }) => name),
      ['ddim, guidance 0, by guide@1, scale 2', 'ddim, guidance 3', 'ddim, guidance 3, parallel 0, threshold 0.995', 'ddim, guidance 3, rescale 0.7']);
    assert.deepEqual(linesOf(results, 'recall').map(({ points }) => points.length), [1]);
    assert.deepEqual(linesOf(results, 'fid'), []);
  });

  it('has figures, the usual ones first', () => {
    assert.deepEqual(figuresOf(results), ['frechet', 'recall']);
    assert.deepEqual(figuresOf([]), []);
    // where all were measured as often, what matters most leads
    assert.deepEqual(figuresOf([{ metrics: { 'class-score': 9, recall: 1, 'label-accuracy': 1, frechet: 2 } }]), ['frechet', 'label-accuracy', 'recall', 'class-score']);
    assert.deepEqual(leading({ density: 1, 'label-accuracy': 0.9, coverage: 1, frechet: 2 }), [['frechet', 2], ['label-accuracy', 0.9]]);
    assert.deepEqual(leading({ mine: 2, density: 1, coverage: 3 }), [['coverage', 3], ['density', 1]]);
  });

  it('lies on a grid of round numbers', () => {
    assert.deepEqual([9, 0.83, 41, 100, 0].map(largest => ticks(largest)), [[0, 5, 10], [0, 0.5, 1], [0, 20, 40, 60], [0, 50, 100], [0, 1]]);
  });
});

describe('what went wrong', () => {
  const problem = { title: 'The request is not valid', errors: { steps: ['steps must be 1..1000, got 0.'], n: ['n must be 1..64.'] } };

  it('is read from an answer, and from the text of an error of the hub', () => {
    assert.equal(problemOf(new Refusal(problem, 400)), problem);
    assert.deepEqual(problemOf(new Error(`HubException: ${JSON.stringify(problem)}`)), problem);
    assert.equal(problemOf(new Error('Invocation canceled due to the underlying connection being closed.')), null);
    assert.equal(problemOf(new Error('{ half')), null);
  });

  it('is told by its fields, or else its detail, or else its title', () => {
    assert.equal(explain(new Refusal(problem, 400)), 'steps must be 1..1000, got 0. n must be 1..64.');
    assert.equal(explain(new Refusal({ title: 'Too many', detail: 'Wait a second.' }, 429)), 'Wait a second.');
    assert.equal(explain(new TypeError('Failed to fetch')), 'The service does not answer.');
  });
});

describe('words', () => {
  it('tell numbers and times as people read them', () => {
    assert.deepEqual([3.21, 45, 4499, 61_000, 3_600_000].map(duration), ['3.2 ms', '45 ms', '4.5 s', '1 min 1 s', '60 min 0 s']);
    assert.deepEqual([1234, 0.12345678].map(number), ['1,234', '0.1235']);
    assert.equal(plural(1, 'row'), '1 row');
    assert.match(lately(Date.now()), /^\d+:\d\d:\d\d\s[AP]M$/);
    for (const words of [moment, lately]) assert.match(words('2001-02-03T12:00:00Z'), /^Feb 3, 2001, \d+:\d\d\s[AP]M$/);
    assert.deepEqual(['rowsWaiting', 'tickMilliseconds', 'predictedWaitMs'].map(heading), ['Rows waiting', 'Tick', 'Predicted wait']);
  });
});
