// What of the page needs no browser.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Api, list } from '../../src/Api/wwwroot/core/api.js';
import { explain, problemOf, Refusal } from '../../src/Api/wwwroot/core/http.js';
import { duration, heading, number, plural } from '../../src/Api/wwwroot/core/words.js';

describe('what the service can do', () => {
  const api = new Api({
    paths: {
      '/v1/models/{model}/aliases/{alias}': { get: {}, put: {} },
      '/generate': {
        post: {
          parameters: [{ name: 'priority', description: 'Who goes first.', schema: { $ref: '#/components/schemas/Class' } }, { name: 'steps', schema: { minimum: 1 } }],
          requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Request' } } } },
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

  it('is a list, alone or in a page of results', () => {
    assert.deepEqual(list([1]), [1]);
    assert.deepEqual(list({ next: 'x', items: [1, 2] }), [1, 2]);
    assert.deepEqual(list(null), []);
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
    assert.deepEqual(['rowsWaiting', 'tickMilliseconds', 'predictedWaitMs'].map(heading), ['Rows waiting', 'Tick', 'Predicted wait']);
  });
});
