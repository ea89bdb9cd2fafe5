// CBOR (RFC 8949) as health cards use it, read strictly: definite lengths, no key twice, nothing left over.
class Wrong extends Error {}

function read(view, at, depth) {
  if (depth > 16 || at >= view.byteLength) throw new Wrong("cbor");
  const first = view.getUint8(at);
  const [major, short] = [first >> 5, first & 31];
  at += 1;
  let size = short;
  if (short >= 24) {
    const width = { 24: 1, 25: 2, 26: 4, 27: 8 }[short];
    if (!width || at + width > view.byteLength) throw new Wrong("cbor");
    if (major === 7) return [width === 8 ? view.getFloat64(at) : width === 4 ? view.getFloat32(at) : null, at + width];
    size = width === 8 ? Number(view.getBigUint64(at)) : width === 4 ? view.getUint32(at) : width === 2 ? view.getUint16(at) : view.getUint8(at);
    at += width;
  }
  if (major === 0) return [size, at];
  if (major === 1) return [-1 - size, at];
  if (major === 7) return [{ 20: false, 21: true }[size] ?? null, at];
  if (size > view.byteLength) throw new Wrong("cbor");
  if (major === 2 || major === 3) {
    if (at + size > view.byteLength) throw new Wrong("cbor");
    const content = new Uint8Array(view.buffer, view.byteOffset + at, size);
    return [major === 2 ? content : new TextDecoder("utf-8", { fatal: true }).decode(content), at + size];
  }
  if (major === 6) {
    const [value, end] = read(view, at, depth + 1);
    return [{ tag: size, value }, end];
  }
  const list = [];
  const map = new Map();
  for (let place = 0; place < size; place += 1) {
    let key;
    [key, at] = read(view, at, depth + 1);
    if (major === 4) {
      list.push(key);
      continue;
    }
    let value;
    [value, at] = read(view, at, depth + 1);
    if (map.has(key)) throw new Wrong("cbor");
    map.set(key, value);
  }
  return [major === 4 ? list : map, at];
}

export function decode(content) {
  const [value, end] = read(new DataView(content.buffer, content.byteOffset, content.byteLength), 0, 0);
  if (end !== content.byteLength) throw new Wrong("cbor");
  return value;
}
