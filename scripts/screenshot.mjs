// Takes the README's pictures from a running service: node scripts/screenshot.mjs [http://localhost:8080/] [docs/images]
import { mkdir } from 'node:fs/promises';
import { generate, launch, open } from '../tests/browser/stage.mjs';

const [url = 'http://localhost:8080/', folder = 'docs/images'] = process.argv.slice(2);
const pictures = [
  ['page.png', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['page-dark-mobile.png', { viewport: { width: 390, height: 844 }, colorScheme: 'dark', deviceScaleFactor: 2 }],
];

await mkdir(folder, { recursive: true });
const browser = await launch();
try {
  for (const [name, options] of pictures) {
    const page = await open(browser, url, options);
    page.setDefaultTimeout(180_000);
    await page.waitForSelector('html[data-ready]');
    await generate(page);
    await page.evaluate(() => document.activeElement.blur());
    await page.mouse.move(0, 0);
    await page.screenshot({ path: `${folder}/${name}` });
    await page.close();
    console.log(`${folder}/${name}`);
  }
} finally {
  await browser.close();
}
