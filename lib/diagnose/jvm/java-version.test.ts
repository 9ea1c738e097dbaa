import { describe, expect, it } from 'vitest';

import { javaVersionOf, limitSight, seesCgroupV2 } from './java-version';

describe('javaVersionOf', () => {
  it.each<[string | null, string | null, string | null]>([
    ['openjdk:8u121-jre-alpine', null, '8u121'],
    ['openjdk:8-jre', null, '8'],
    ['java:8', null, '8'],
    ['java:openjdk-8u111-jdk', null, '8u111'],
    ['r.example.test/base/openjdk:11.0.16-jre', null, '11.0.16'],
    ['eclipse-temurin:17.0.2_8-jre', null, '17.0.2'],
    ['eclipse-temurin:21-jre', null, '21'],
    ['adoptopenjdk/openjdk11:jre-11.0.3_7', null, '11.0.3'],
    ['adoptopenjdk/openjdk11', null, '11'],
    ['amazoncorretto:8u292', null, '8u292'],
    ['azul/zulu-openjdk:8u192', null, '8u192'],
    ['anapsix/alpine-java:8u121b13_jdk', null, '8u121'],
    ['tomcat:9.0-jdk11-openjdk', null, '11'],
    ['tomcat:8-jre8', null, '8'],
    ['tomcat:8.5', null, null],
    ['shop/cart:1.8.0', '/opt/jdk1.7.0_80/bin/java -jar a.jar', '7u80'],
    ['shop/cart:1.8.0', null, null],
    ['shop/java-1.8.0_151:3', null, '8u151'],
    [null, '/opt/jdk1.7.0_80/bin/java -jar a.jar', '7u80'],
    [null, '/usr/lib/jvm/java-1.8.0-openjdk/bin/java -jar a.jar', '8'],
    [null, '/usr/lib/jvm/java-11-openjdk-amd64/bin/java -jar a.jar', '11'],
    ['shop/cart:2', 'java -Xmx512m -jar a.jar', null],
    ['node:18', null, null],
    ['', '', null],
  ])('%s with %s: %s', (image, cmd, text) => expect(javaVersionOf(image, cmd)?.text ?? null).toBe(text));

  it('is linear on hostile names', () => {
    const started = performance.now();
    for (const text of ['openjdk'.repeat(50_000), 'java-'.repeat(50_000), '1.8.0'.repeat(50_000)])
      javaVersionOf(text, text);
    expect(performance.now() - started).toBeLessThan(100);
  });
});

describe('which Java sees the limit of its container', () => {
  it.each([
    ['java:7', 'blind', false],
    ['openjdk:8u121', 'blind', false],
    ['openjdk:8u131', 'on_request', false],
    ['openjdk:8u181', 'on_request', false],
    ['openjdk:8u191', 'sees', false],
    ['openjdk:8u372', 'sees', true],
    ['openjdk:8', 'unknown', null],
    ['openjdk:9', 'on_request', false],
    ['openjdk:10', 'sees', false],
    ['openjdk:11.0.15', 'sees', false],
    ['openjdk:11.0.16', 'sees', true],
    ['openjdk:11', 'sees', null],
    ['openjdk:14', 'sees', false],
    ['openjdk:15', 'sees', true],
    ['openjdk:17', 'sees', true],
  ])('%s: %s, cgroup v2 %s', (image, sight, v2) => {
    const version = javaVersionOf(image, null);
    expect(limitSight(version)).toBe(sight);
    expect(seesCgroupV2(version)).toBe(v2);
  });
});
