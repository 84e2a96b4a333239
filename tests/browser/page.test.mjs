// The page in a browser, against one running service: the suites in the order in which a visitor meets them.
import { after, before, describe, it } from 'node:test';
import { access } from './access.mjs';
import { compare } from './compare.mjs';
import { generating } from './generate.mjs';
import { models } from './models.mjs';
import { queue } from './queue.mjs';
import { reconnect } from './reconnect.mjs';
import { Service } from './service.mjs';
import { shelf } from './shelf.mjs';
import { launch, openStage } from './stage.mjs';

const stage = { service: null, browser: null };

/** A test with a page of its own, connected and ready. */
stage.it = (name, body, options) => it(name, async () => {
  const page = await openStage(stage.browser, stage.service, options);
  try { await body(page, stage); } finally { await page.close(); }
});

describe('the page', () => {
  before(async () => { [stage.service, stage.browser] = await Promise.all([Service.start({ Inference__ModelsPath: await shelf() }), launch()]); });
  after(async () => { await stage.browser?.close(); await stage.service?.kill(); });

  describe('generates', () => generating(stage));
  describe('compares', () => compare(stage));
  describe('shows the queue', () => queue(stage));
  describe('shows the models', () => models(stage));
  describe('is for everybody', () => access(stage));
  describe('loses nothing', () => reconnect(stage));
});
