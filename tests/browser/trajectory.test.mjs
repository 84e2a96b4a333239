import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Trajectory } from '../../src/Api/wwwroot/generate/trajectory.js';

const picture = Buffer.alloc(1024, 7).toString('base64');
const frame = (sample, step, steps) => ({ sample, step, steps, width: 32, height: 32, channels: 1, noisy: picture, clean: picture });

describe('a trajectory', () => {
  it('keeps under its limit, the first and the newest frame among what it keeps', () => {
    const limit = 64 * 1024, steps = 1000, trajectory = new Trajectory(2, limit);
    for (let step = 1; step <= steps; step++) for (const sample of [0, 1]) trajectory.add(frame(sample, step, steps));
    const kept = [0, 1].map(sample => trajectory.spread(sample, Infinity).map(each => each.step));
    assert.ok(kept.flat().length * 2 * 1024 <= limit);
    for (const seen of kept) {
      assert.ok(seen.length >= limit / (2 * 2 * 1024) / 4, `${seen.length} frames are left to look at`);
      assert.deepEqual([seen[0], seen.at(-1)], [1, steps]);
      assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
    }
    assert.ok(trajectory.whole);
  });

  it('begins again where a restarted service begins again', () => {
    const trajectory = new Trajectory(1);
    for (const step of [1, 2, 3, 4, 1, 2]) trajectory.add(frame(0, step, 5));
    assert.deepEqual(trajectory.spread(0, Infinity).map(each => each.step), [1, 2]);
    assert.equal(trajectory.done, 2);
    assert.ok(!trajectory.whole);
  });

  it('gives the nearest frame that arrived', () => {
    const trajectory = new Trajectory(1);
    for (const step of [2, 5]) trajectory.add(frame(0, step, 5));
    assert.deepEqual([1, 2, 4, 5].map(step => trajectory.at(0, step).step), [2, 2, 2, 5]);
  });
});
