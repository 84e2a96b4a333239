// The page in a browser, against one running service: the suites in the order in which a visitor meets them.
import { after, before, describe, it } from 'node:test';
import { access } from './access.mjs';
import { compare } from './compare.mjs';
import { generating } from './generate.mjs';
import { models } from './models.mjs';
import { queue } from './queue.mjs';
import { reconnect } from './reconnect.mjs';
import { Service } from './service.mjs';
import { Place } from './place.mjs';
import { launch, openStage } from './stage.mjs';

const stage = { service: null, browser: null, place: null };

/** A test with a page of its own, connected and ready. */
stage.it = (name, body, options) => it(name, async () => {
  const page = await openStage(stage.browser, stage.service, options);
  try { await body(page, stage); } finally { await page.close(); }
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
  describe('shows the queue', () => queue(stage));
  describe('shows the models', () => models(stage));
  describe('is for everybody', () => access(stage));
  describe('loses nothing', () => reconnect(stage));
});
