import { excerpt } from '../wording';
import { startsJava } from './jvm-sign';

/** A heap that is sized by rules which are not reckoned here. `variable`: where it can be set. */
export type OwnHeap = { name: string; kind: 'script' | 'openj9'; variable: string | null };

// Images whose start script passes an -Xmx of its own, 1 GB mostly, and the variable that it takes instead.
const SCRIPTS: readonly (readonly [RegExp, string | null])[] = [
  [/kafka/, 'KAFKA_HEAP_OPTS'],
  [/elasticsearch/, 'ES_JAVA_OPTS'],
  [/opensearch/, 'OPENSEARCH_JAVA_OPTS'],
  [/logstash/, 'LS_JAVA_OPTS'],
  [/cassandra/, 'MAX_HEAP_SIZE'],
  [/solr/, 'SOLR_HEAP'],
  [/activemq|neo4j|spark|hadoop|hbase|flink|storm|sonarqube|nexus/, null],
];
// IBM's JVM: a quarter to three quarters of the limit, by rules that differ from HotSpot's (-XX:+UseContainerSupport of OpenJ9).
const OPENJ9 = /openj9|ibmjava|semeru|ibm-?jdk/;

/** Null: HotSpot's own default counts. A command that starts java itself goes past an image's start script. */
export function ownHeapOf(image: string | null, cmd: string | null): OwnHeap | null {
  const name = (image ?? '').slice(0, 300).toLowerCase();
  if (OPENJ9.test(name)) return { name: 'OpenJ9', kind: 'openj9', variable: null };
  if (startsJava(cmd)) return null;
  const last = name.split('/').at(-1)?.split(/[:@]/)[0] ?? '';
  const found = SCRIPTS.find(([words]) => words.test(last));
  return found === undefined ? null : { name: excerpt(last, 60), kind: 'script', variable: found[1] };
}
