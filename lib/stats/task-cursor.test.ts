import { describe, expect, it } from 'vitest';

import { encodeTaskCursor, parseTaskCursor } from './task-cursor';

const cursor = {
  finishedAt: new Date('2026-11-25T10:00:00.123Z'),
  id: '64a2eb18-6455-87e4-8bc4-56e965046442',
};
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('task cursor', () => {
  it('comes back as it went, and fits a URL as it is', () => {
    const text = encodeTaskCursor(cursor);
    expect(parseTaskCursor(text)).toEqual(cursor);
    expect(text).toMatch(/^[\w-]{1,200}$/);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'abc'],
    ['no list', encode({ id: cursor.id })],
    ['an id that is none', encode([1, "x'; DROP TABLE task_end; --"])],
    ['a time that is none', encode(['yesterday', cursor.id])],
    ['a time beyond the calendar', encode([1e18, cursor.id])],
    ['a time before all that Postgres knows', encode([-253_402_300_799_999, cursor.id])],
    ['too many parts', encode([1, cursor.id, 2])],
  ])('%s: BAD_REQUEST', (_name, text) => {
    expect(() => parseTaskCursor(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });
});
