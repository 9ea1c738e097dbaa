import { describe, expect, it } from 'vitest';

import { masterNodes, parseMasterInfo } from './parse-master-info';
import { parseZookeeperUrl } from './zookeeper-url';

describe('masterNodes', () => {
  it('puts the lowest sequence first, by number, and leaves out what is no master', () => {
    const children = [
      'json.info_0000000012',
      'log_replicas',
      'json.info_0000000003',
      'json.info_0000000100',
      'x',
    ];
    expect(masterNodes(children)).toEqual([
      'json.info_0000000003',
      'json.info_0000000012',
      'json.info_0000000100',
    ]);
  });

  it('names what is missing, or too old', () => {
    expect(() => masterNodes(['log_replicas'])).toThrow(
      expect.objectContaining({ code: 'ZOOKEEPER_NO_LEADER' }),
    );
    expect(() => masterNodes(['info_0000000001', 'json.info_0000000002'])).toThrow(
      expect.objectContaining({ code: 'ZOOKEEPER_OLD_FORMAT' }),
    );
  });

  it('takes no more than 32, however many claim to be one', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `json.info_${String(index).padStart(10, '0')}`);
    expect(masterNodes(many).length).toBe(32);
  });
});

describe('parseMasterInfo', () => {
  const read = (info: unknown, preferName = false) =>
    parseMasterInfo('n', Buffer.from(typeof info === 'string' ? info : JSON.stringify(info)), { preferName });
  const whole = {
    id: 'm',
    ip: 16_777_226,
    port: 5050,
    pid: 'master@10.0.0.1:5050',
    hostname: 'M1.example.test',
    address: { hostname: 'm1.example.test', ip: '10.0.0.1', port: 5051 },
  };

  it('takes the address, or its name where a certificate is for that', () => {
    expect(read(whole)).toEqual({ node: 'n', host: '10.0.0.1', port: 5051 });
    expect(read(whole, true)).toEqual({ node: 'n', host: 'm1.example.test', port: 5051 });
  });

  it('makes do with less', () => {
    expect(read({ ...whole, address: undefined })).toMatchObject({ host: '10.0.0.1', port: 5050 });
    expect(read({ pid: 'master@[::1]:5050' })).toMatchObject({ host: '[::1]', port: 5050 });
    expect(read({ hostname: 'm1', port: 5050 })).toMatchObject({ host: 'm1', port: 5050 });
  });

  it.each([
    '',
    'null',
    '[]',
    '"text"',
    '{',
    JSON.stringify({ hostname: 'm1', port: 70_000 }),
    JSON.stringify({ hostname: 'm1/evil@x', port: 5050 }),
    JSON.stringify({ hostname: ['m1'], address: 7, pid: {}, port: 5050 }),
    `{"hostname":"m1","port":5050,"x":"${'y'.repeat(70_000)}"}`,
  ])('is nothing that can be asked: %.60s', (content) => {
    expect(read(content)).toBe(null);
  });
});

describe('parseZookeeperUrl', () => {
  it.each([
    ['zk://z1:2181,z2:2182/mesos', { servers: ['z1:2181', 'z2:2182'], path: '/mesos', login: null }],
    [
      'zk://u:p:w@z1/a/mesos/',
      { servers: ['z1:2181'], path: '/a/mesos', login: { user: 'u', password: 'p:w' } },
    ],
  ])('%s', (text, url) => {
    expect(parseZookeeperUrl(text)).toEqual(url);
  });

  it.each(['zk://secret@z1/mesos', 'zk://u:secret@z1', 'zk://u:secret@/mesos', 'http://u:secret@z1/mesos'])(
    'refuses %s without repeating it',
    (text) => {
      expect(() => parseZookeeperUrl(text)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.not.stringContaining('secret') }),
      );
    },
  );
});
