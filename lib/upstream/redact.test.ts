import { describe, expect, it } from 'vitest';

import { isSecretName, redactText, redactUrlLogins } from './redact';

describe('redactText', () => {
  it.each([
    ['./run --password=hunter2 --port=80', './run --password=[redacted] --port=80'],
    ['./run --db-password hunter2 -v', './run --db-password [redacted] -v'],
    ['curl https://x.test/?token=abc&a=1', 'curl https://x.test/?token=[redacted]&a=1'],
    ['DB_PASS="a b" ./run', 'DB_PASS=[redacted] ./run'],
    ["API_KEY='x' ./run", 'API_KEY=[redacted] ./run'],
    ['{"secret": "x"}', '{"secret": [redacted]}'],
    ['wget https://me:p@ss@x.test/f', 'wget https://[redacted]@x.test/f'],
    ['curl -u me:hunter2 x.test', 'curl -u me:[redacted] x.test'],
    ["curl -H 'Authorization: Bearer abcdef123'", "curl -H 'Authorization: [redacted] [redacted]'"],
    ['java -Xmx512m -jar app.jar --port=8080', 'java -Xmx512m -jar app.jar --port=8080'],
    ['java -XX:MaxRAMPercentage=75 -cp a:b Main', 'java -XX:MaxRAMPercentage=75 -cp a:b Main'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it.each(['a', '-', 'password', 'token="', '-u a', '://', '--password '])(
    'a megabyte of %j takes no noticeable time',
    (piece) => {
      const began = performance.now();
      redactText(piece.repeat(Math.ceil(1_000_000 / piece.length)));
      expect(performance.now() - began).toBeLessThan(2_000);
    },
  );
});

describe('isSecretName', () => {
  it.each(['DB_PASSWORD', 'apiKey', 'HAPROXY_0_AUTH', 'github-token', 'AWS_ACCESS_KEY_ID', 'credentials'])(
    '%s: yes',
    (name) => {
      expect(isSecretName(name)).toBe(true);
    },
  );
  it.each(['author', 'team', 'HAPROXY_0_VHOST', 'keyspace', 'monkey'])('%s: no', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('redactUrlLogins', () => {
  it('leaves a mail address and an image digest alone', () => {
    const text = 'mail ops@x.test, image r.test/app@sha256:00, http://x.test/a@b';
    expect(redactUrlLogins(text)).toBe(text);
  });
});
