import assert from 'node:assert/strict';
import { tabTo } from './stage.mjs';

const model = 'digits-dddm';

async function visit(page) {
  await page.click('[data-view-link="models"]');
  // what is there now has been read
  await page.waitForSelector('[data-place="models"][aria-busy="false"] .model');
}

/** Fills the form of the model and says yes or no to the question. */
async function promote(page, alias, version, answer = 'yes') {
  await page.fill(`#promote-${model}-alias`, alias);
  await page.selectOption(`#promote-${model}-version`, String(version));
  await page.click(`#promote-${model}-go`);
  await page.click(`dialog button[value="${answer}"]`);
}

const says = (page, text) => page.waitForFunction(text => document.querySelector('[data-place="said"]').textContent.includes(text), text);
const shows = (page, alias, text) => page.waitForFunction(([id, alias, text]) => [...document.querySelectorAll(`#${id} .aliases li`)]
  .some(item => item.textContent.includes(alias) && item.textContent.includes(text)), [`model-${model}`, `${model}@${alias}`, text]);

export function aliases(stage) {
  const alias = async (name, method = 'GET', version, path = '') => {
    const answer = await fetch(`${stage.service.url}v1/models/${model}/aliases/${name}${path}`, { method, ...(version && { body: JSON.stringify({ version }), headers: { 'content-type': 'application/json' } }) });
    return answer.json();
  };

  stage.it('promotes a version after a question, and rolls it back', async (page, { place }) => {
    await visit(page);
    await promote(page, 'live', place.newest, 'no');
    assert.equal((await alias('live')).status, 404);
    await promote(page, 'live', place.newest - 1);
    await says(page, `${model}@live is v${place.newest - 1} now.`);
    assert.equal((await alias('live')).version, place.newest - 1);
    await promote(page, 'live', place.newest);
    await says(page, `${model}@live is v${place.newest} now.`);
    await shows(page, 'live', `is v${place.newest} since `);
    await shows(page, 'live', `, before v${place.newest - 1}`);
    await page.click(`#back-${model}-live`);
    await page.click('dialog button[value="yes"]');
    await says(page, `${model}@live is rolled back.`);
    assert.equal((await alias('live')).version, place.newest - 1);
    await shows(page, 'live', `is v${place.newest - 1}`);
    // what the alias names can be asked for
    await page.click('[data-view-link="generate"]');
    await page.waitForSelector(`#b-model option[value="${model}@live"]`, { state: 'attached' });
  });

  stage.it('changes nothing that somebody else has changed meanwhile', async (page, { place }) => {
    await alias('shared', 'PUT', place.newest);
    await visit(page);
    await shows(page, 'shared', `is v${place.newest}`);
    await alias('shared', 'PUT', place.newest - 1);
    await promote(page, 'shared', place.newest);
    await says(page, 'Nothing was changed: somebody else has moved the alias');
    assert.equal((await alias('shared')).version, place.newest - 1);
    await shows(page, 'shared', `is v${place.newest - 1}`);
    await promote(page, 'shared', place.newest);
    await says(page, `${model}@shared is v${place.newest} now.`);
  });

  stage.it('deletes an alias after a question, by keyboard, and never the default', async (page, { place }) => {
    await alias('default', 'PUT', place.newest);
    await alias('gone', 'PUT', place.newest - 1);
    await visit(page);
    await shows(page, 'gone', `is v${place.newest - 1}`);
    assert.equal(await page.$(`#remove-${model}-default`), null);
    await tabTo(page, `remove-${model}-gone`);
    await page.keyboard.press('Enter');
    // the way out has the focus
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => !document.querySelector('dialog'));
    assert.equal((await alias('gone')).version, place.newest - 1);
    assert.equal(await page.evaluate(() => document.activeElement.id), `remove-${model}-gone`);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await says(page, `${model}@gone is deleted.`);
    assert.equal((await alias('gone')).status, 404);
    assert.equal(await page.$(`#remove-${model}-gone`), null);
    assert.equal(await page.evaluate(() => document.activeElement.id), `promote-${model}-alias`);
    assert.equal((await fetch(`${stage.service.url}v1/models/${model}/versions/${place.newest - 1}`)).status, 200);
    assert.deepEqual(page.complaints, []);
  });

  stage.it('deletes no alias that somebody else has moved or deleted meanwhile', async (page, { place }) => {
    await alias('theirs', 'PUT', place.newest);
    await visit(page);
    await shows(page, 'theirs', `is v${place.newest}`);
    await alias('theirs', 'PUT', place.newest - 1);
    const remove = async () => {
      await page.click(`#remove-${model}-theirs`);
      await page.click('dialog button[value="yes"]');
    };
    await remove();
    await says(page, 'Nothing was changed: somebody else has moved the alias');
    assert.equal((await alias('theirs')).version, place.newest - 1);
    await shows(page, 'theirs', `is v${place.newest - 1}`);
    await fetch(`${stage.service.url}v1/models/${model}/aliases/theirs`, { method: 'DELETE' });
    await remove();
    await says(page, 'Nothing was changed. Model');
    await page.waitForSelector(`#remove-${model}-theirs`, { state: 'detached' });
  });

  stage.it('says at the field what is wrong with an alias', async page => {
    await visit(page);
    await promote(page, 'No Good', stage.place.newest);
    await page.waitForFunction(id => !document.getElementById(id).hidden, `promote-${model}-alias-error`);
    assert.match(await page.textContent(`#promote-${model}-alias-error`), /alias must be 1 to 64 of a-z/);
  });
}
