// Where the fields of a job file are.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineOf, placeOf, placesOf } from '../../src/Api/wwwroot/training/places.js';

const text = `{
  // a comment, with "name": in it
  "name": "a \\"quoted\\" one", "list": [1, { "x": 2 }], /* and another */
  "deep": { "a.b": 1, "er": { "est": -4.5e3 } },
  "last": null
}`;

describe('places in a job file', () => {
  for (const [path, expected] of [
    ['name', '"name": "a \\"quoted\\" one"'], ['list', '"list": [1, { "x": 2 }]'], ['deep.er', '"er": { "est": -4.5e3 }'], ['deep.er.est', '"est": -4.5e3'], ['last', '"last": null'],
    ['deep.missing', '"deep": { "a.b": 1, "er": { "est": -4.5e3 } }'],
  ]) it(`finds ${path}`, () => assert.equal(text.slice(...placeOf(text, path)), expected));

  it('knows none of a field of the whole that is missing', () => assert.equal(placeOf(text, 'missing'), null));

  it('says the line', () => assert.deepEqual(['name', 'deep.er.est', 'last'].map(path => lineOf(text, placeOf(text, path)[0])), [3, 4, 5]));

  it('has what comes before a mistake', () => assert.deepEqual([...placesOf('{ "a": 1, "b": [2, } }').keys()].slice(0, 2), ['a', 'b']));

  it('comes to an end, whatever the text', () => {
    for (const broken of ['', '{', '{"a"', '{"a":', '[', '[1', '"', '/*', '//', '{ /* ', '}', ']', '{]', '[}', '{,', '[,,']) assert.ok(placesOf(broken));
  });
});
