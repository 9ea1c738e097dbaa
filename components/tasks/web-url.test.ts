import { expect, it } from 'vitest';

import { webUrl } from './web-url';

it.each([
  ['http://master.example.net:5050/#/agents/S1', 'http://master.example.net:5050/#/agents/S1'],
  ['https://marathon.example.net/ui', 'https://marathon.example.net/ui'],
  ['javascript:alert(1)', null],
  ['data:text/html,<script>', null],
  ['//example.net', null],
  ['', null],
  [null, null],
])('%s: %s', (address, href) => {
  expect(webUrl(address)).toBe(href);
});
