// The page in a browser, against one running service: the suites in the order in which a visitor meets them.
import { after, before, describe, it } from 'node:test';
import { access } from './access.mjs';
import { aliases } from './aliases.mjs';
import { compare } from './compare.mjs';
import { generating } from './generate.mjs';
import { kept } from './kept.mjs';
import { keys } from './keys.mjs';
import { models } from './models.mjs';
import { queue } from './queue.mjs';
import { reconnect } from './reconnect.mjs';
import { Place } from './place.mjs';
import { Service } from './service.mjs';
import { launch, openStage } from './stage.mjs';
import { strip } from './strip.mjs';

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
    if (paths[path]) await body();
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
  describe('moves aliases', () => aliases(where('/v1/models/{model}/aliases')));
  describe('is for everybody', () => access(stage));
  describe('loses nothing', () => reconnect(stage));
  describe('keeps what it was asked', () => kept(where('/v1/generations')));
  describe('is for those who have a key', () => keys(where('/v1/models/{model}/aliases')));
});
