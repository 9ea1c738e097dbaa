/** mulberry32: numbers of [0, 1), the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A uuid made of two numbers and a random part: no two of one `salt` and `serial` are equal. */
export function uuidOf(salt: number, serial: number, random: () => number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0').slice(-digits);
  const word = () => Math.floor(random() * 0x1_0000_0000);
  const noise = hex(word(), 8) + hex(word(), 8);
  return [
    hex(salt, 8),
    noise.slice(0, 4),
    `4${noise.slice(4, 7)}`,
    `a${noise.slice(7, 10)}`,
    hex(serial, 8) + noise.slice(10, 14),
  ].join('-');
}
