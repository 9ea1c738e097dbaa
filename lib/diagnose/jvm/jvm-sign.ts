import type { JvmFlags } from '@/lib/domain/evidence';

import { excerpt } from '../wording';

// With an option, a variable, an argument file or quotes behind it: `cp -r src/java /x` and `--lang java app.js` do not
// start it. `java -version` only asks.
const WITH_OPTIONS = /(?:^|[\s;&|"'(/\\])java(?:\.exe)?["']?\s+(?!-{1,2}version\b)[-$@"']/;
const AS_COMMAND =
  /(?:^|[;&|(]|\bexec\s)\s{0,10}(?:\/[\w.+/-]{0,200}\/)?java(?:\s{1,10}(?!-{1,2}version\b)\S|\s{0,10}$)/;
const JAR = /\.(?:jar|war)\b/;
// As a word of its own or with a version on it; `javascript` and `alpine` are not meant.
const IMAGE =
  /(?:^|[/:_.-])(openjdk|adoptopenjdk|temurin|eclipse-temurin|amazoncorretto|corretto|zulu|zulu-openjdk|liberica|sapmachine|semeru|ibmjava|graalvm|java|jdk|jre|tomcat|tomee|jetty|wildfly|jboss|payara|glassfish|kafka|zookeeper|cassandra|elasticsearch|logstash|solr|hadoop|hbase|spark|flink|storm|jenkins|activemq|neo4j|keycloak|springboot|spring-boot|sonarqube|nexus3?|marathon|chronos)(?=[\d/:_.@-]|$)/i;

/**
 * Why an app is taken for a JVM, as the middle of a sentence: `cmd starts java`, `image openjdk:8u121`. Null where
 * nothing shows one.
 */
export function jvmSign(app: {
  flags: JvmFlags;
  image: string | null;
  cmd: string | null;
  killedComm: string | null;
}): string | null {
  const cmd = (app.cmd ?? '').slice(0, 8 * 1024);
  if (startsJava(cmd)) return 'cmd starts java';
  if (app.killedComm !== null && isJava(app.killedComm)) return 'the kernel killed java';
  const withFlags = app.flags.find(({ flags }) => flags.length > 0);
  if (withFlags !== undefined) return `${withFlags.from} holds JVM flags`;
  if (app.image !== null && IMAGE.test(app.image.slice(0, 300))) return `image ${excerpt(app.image, 120)}`;
  if (JAR.test(cmd)) return 'cmd names a jar';
  const [variable] = app.flags;
  // Base images set JAVA_HOME for whatever runs in them: no sign where something else was seen to run.
  if (app.killedComm !== null) return null;
  return variable === undefined ? null : `${variable.from} is set`;
}

/** Whether a command starts java by itself, so that all that it passes can be seen in it. 8 KiB are looked at. */
export function startsJava(cmd: string | null): boolean {
  const text = (cmd ?? '').slice(0, 8 * 1024);
  return WITH_OPTIONS.test(text) || AS_COMMAND.test(text);
}

/** Whether a process of this name, as the kernel cuts it (15 bytes), is a JVM: the launcher, jsvc, or a thread of its own. */
export function isJava(comm: string): boolean {
  return /^(?:java(?:$|\W)|jsvc|C[12] CompilerThre|GC Thread#|VM Thread$|G1 |http-nio-)/.test(comm);
}
