// The page in a browser, against one running service: the suites in the order in which a visitor meets them.
import { after, before, describe, it } from 'node:test';
import { access } from './access.mjs';
import { aliases } from './aliases.mjs';
import { compare } from './compare.mjs';
import { data } from './data.mjs';
import { evaluation } from './evaluation.mjs';
import { generating } from './generate.mjs';
import { fromZip } from './path.mjs';
import { kept } from './kept.mjs';
import { keys } from './keys.mjs';
import { lostConnections } from './lost.mjs';
import { models } from './models.mjs';
import { queue } from './queue.mjs';
import { reconnect } from './reconnect.mjs';
import { Place } from './place.mjs';
import { Service } from './service.mjs';
import { launch, openStage } from './stage.mjs';
import { strip } from './strip.mjs';
import { training } from './training.mjs';
import { versions } from './versions.mjs';

const stage = { service: null, browser: null, place: null };

/** A test that opens pages by itself. */
stage.plain = (name, body) => it(name, body);

/** A test with a page of its own, connected and ready. */
stage.it = function (name, body, options) {
  this.plain(name, async () => {
    const page = await openStage(stage.browser, stage.service, options);
    try { await body(page, stage); } finally { await page.close(); }
  });
};

/** The same stage, with tests that are skipped where the service has no such call. */
const where = path => Object.assign(Object.create(stage), {
  plain: (name, body) => it(name, async test => {
    const { paths } = await (await fetch(`${stage.service.url}openapi/v1.json`)).json();
    const shape = text => text.replaceAll(/\{[^}]*\}/g, '{}');
    if (Object.keys(paths).some(each => shape(each) === shape(path))) await body();
    else test.skip(`the service has no ${path}`);
  }),
});

describe('the page', () => {
  before(async () => {
    stage.place = await Place.make();
    [stage.service, stage.browser] = await Promise.all([Service.start(stage.place.settings), launch()]);
  });
  after(async () => {
    await stage.browser?.close();
    await stage.service?.kill();
    await stage.place?.clear();
  });

  describe('generates', () => generating(stage));
  describe('compares', () => compare(stage));
  describe('interpolates', () => strip(where('/v1/interpolations')));
  describe('shows the queue', () => queue(stage));
  describe('shows the models', () => models(stage));
  describe('moves aliases', () => aliases(where('/v1/models/{name}/aliases')));
  describe('takes data that', () => data(where('/v1/datasets/uploads')));
  describe('measures', () => evaluation(where('/v1/evaluations')));
  describe('is for everybody', () => access(stage));
  describe('loses nothing', () => reconnect(stage));
  describe('outlives its connection', () => lostConnections(where('/v1/interpolations')));
  describe('keeps what it was asked', () => kept(where('/v1/generations')));
  describe('takes versions out and in', () => versions(where('/v1/models/{name}/versions/{version}/export')));
  describe('trains', () => training(where('/v1/training-templates')));
  describe('leads', () => fromZip(where('/v1/datasets/uploads')));
  describe('is for those who have a key', () => keys(where('/v1/models/{name}/aliases')));
});
