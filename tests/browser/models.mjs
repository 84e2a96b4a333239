import assert from 'node:assert/strict';

export function models(stage) {
  stage.it('with their versions and where they come from', async (page, { service }) => {
    await page.click('[data-view-link="models"]');
    await page.waitForSelector('.model');
    const served = await (await fetch(`${service.url}v1/models`)).json();
    assert.deepEqual(await page.$$eval('.model h2', all => all.map(name => name.textContent)), served.map(each => each.name));
    for (const { name, versions, data } of served) {
      const text = await page.textContent(`#model-${name}`);
      assert.ok(text.includes(data));
      assert.deepEqual(await page.$$eval(`#model-${name} tbody td:first-child`, all => all.map(cell => cell.textContent)), versions.toReversed().map(version => `v${version}`));
    }
    assert.deepEqual(page.complaints, []);
  });
}
