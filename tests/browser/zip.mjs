// Zip files of pictures, made without a library.
import { crc32, deflateSync } from 'node:zlib';

const u16 = value => Buffer.from(Uint16Array.of(value).buffer);
const u32 = value => Buffer.from(Uint32Array.of(value).buffer);
const big32 = value => u32(value).reverse();

/** A grey PNG; pixel(x, y) is a brightness. */
export function png(side, pixel) {
  const rows = Buffer.concat(Array.from({ length: side }, (_, y) => Buffer.from([0, ...Array.from({ length: side }, (_, x) => pixel(x, y))])));
  const chunk = (type, data) => { const body = Buffer.concat([Buffer.from(type), data]); return Buffer.concat([big32(data.length), body, big32(crc32(body))]); };
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', Buffer.concat([big32(side), big32(side), Buffer.from([8, 0, 0, 0, 0])])), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

/** Entries by name, stored as they are. */
export function zip(entries) {
  const locals = [], directory = [];
  let at = 0;
  for (const [name, content] of Object.entries(entries)) {
    const shared = Buffer.concat([u16(20), u16(0), u16(0), u16(0), u16(0x21), u32(crc32(content)), u32(content.length), u32(content.length), u16(Buffer.byteLength(name)), u16(0)]);
    const local = Buffer.concat([u32(0x04034b50), shared, Buffer.from(name), content]);
    directory.push(Buffer.concat([u32(0x02014b50), u16(20), shared, u16(0), u16(0), u16(0), u32(0), u32(at), Buffer.from(name)]));
    locals.push(local);
    at += local.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...locals, central, u32(0x06054b50), u16(0), u16(0), u16(directory.length), u16(directory.length), u32(central.length), u32(at), u16(0)]);
}

/** Twelve pictures of two classes, bright on the left or on the right, one of them twice, and a text that is none. */
export function pictures(more = {}) {
  const entries = {};
  for (let i = 0; i < 6; i++) {
    entries[`left/${i}.png`] = png(12, x => x < 6 ? 200 + i : i);
    entries[`right/${i}.png`] = png(12, x => x < 6 ? i : 200 + i);
  }
  return zip({ ...entries, 'right/again.png': entries['right/0.png'], 'right/notes.txt': Buffer.from('no picture'), ...more });
}
