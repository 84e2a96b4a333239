// A browser with the page open, and what the tests ask of it.
import { chromium } from 'playwright-core';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** How many times slower than it is the browser shall be; to look for tests that do not wait: SLOWDOWN=6 node --test tests/browser/*.test.mjs */
const slowdown = Number(process.env.SLOWDOWN ?? 1);

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });

/** Opens an address of the service; `complaints` collects what a browser would complain about. */
export async function open(browser, url, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...options });
  page.setDefaultTimeout(120_000);
  page.complaints = [];
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) page.complaints.push(message.text()); });
  page.on('pageerror', error => page.complaints.push(error.message));
  page.on('requestfailed', request => {
    // a page that has read the last event of a stream closes it, whether or not the service has done so before
    if (request.resourceType() === 'eventsource' && request.failure().errorText === 'net::ERR_ABORTED') return;
    page.complaints.push(`failed: ${request.url()} ${request.failure().errorText}`);
  });
  page.on('response', response => { if (response.status() >= 400) page.complaints.push(`${response.status()}: ${response.url()}`); });
  page.on('request', request => { if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) page.complaints.push(`external: ${request.url()}`); });
  page.on('websocket', socket => { if (new URL(socket.url()).host !== new URL(url).host) page.complaints.push(`external: ${socket.url()}`); });
  if (slowdown > 1) await (await page.context().newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.goto(url);
  return page;
}

/** The page, connected, with a request that takes little time. */
export async function openStage(browser, service, options) {
  const page = await open(browser, service.url, options);
  await page.waitForSelector('html[data-ready]');
  await page.fill('#n', '2');
  await page.fill('#a-steps', '5');
  await page.fill('#b-steps', '3');
  return page;
}

export const states = page => page.$$eval('.lane:not([hidden])', lanes => lanes.map(lane => lane.dataset.state));

/** Presses Generate and waits until no lane runs. */
export async function generate(page) {
  await page.click('#go');
  await ended(page);
}

export async function ended(page) {
  await page.waitForFunction(() => !document.getElementById('go').hidden
    && [...document.querySelectorAll('.lane:not([hidden])')].every(lane => !['idle', 'running'].includes(lane.dataset.state)));
}

/** The pixels of every canvas of the lanes that are shown, as text that can be compared; of a copy, so that the page's own is not read back. */
export const pixels = page => page.$$eval('.lane:not([hidden]) canvas', canvases => canvases.map(canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  return [...copy.getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 !== 3).join();
}));

/** Presses Tab until the element of that id has the focus; each stop must show that it has it. */
export async function tabTo(page, id) {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const at = document.activeElement;
      const outlined = element => element && getComputedStyle(element).outlineStyle !== 'none' && parseFloat(getComputedStyle(element).outlineWidth) >= 2;
      // past the last stop the focus is the browser's own
      return { id: at.id, name: at.outerHTML.slice(0, 80), visible: outlined(at) || outlined(at.nextElementSibling) };
    });
    if (!stop.visible && !stop.name.startsWith('<body')) throw new Error(`focus is not to be seen on ${stop.name}`);
    if (stop.id === id) return;
  }
  throw new Error(`Tab never reached #${id}`);
}
