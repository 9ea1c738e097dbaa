import type { JvmFlags } from '@/lib/domain/evidence';

import { excerpt } from '../wording';

const STARTS_JAVA = /(?:^|[\s;&|"'(=/])java(?:\s|$)/;
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
  if (STARTS_JAVA.test(cmd)) return 'cmd starts java';
  if (app.killedComm !== null && /^java(?:$|\W)/.test(app.killedComm)) return 'the kernel killed java';
  const withFlags = app.flags.find(({ flags }) => flags.length > 0);
  if (withFlags !== undefined) return `${withFlags.from} holds JVM flags`;
  if (app.image !== null && IMAGE.test(app.image.slice(0, 300))) return `image ${excerpt(app.image, 120)}`;
  if (JAR.test(cmd)) return 'cmd names a jar';
  const [variable] = app.flags;
  return variable === undefined ? null : `${variable.from} is set`;
}
