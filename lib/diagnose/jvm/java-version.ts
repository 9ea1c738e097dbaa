import { excerpt } from '../wording';

/** A Java release: `{ major: 8, update: 121 }`, `{ major: 11, update: 16 }` for 11.0.16. */
export type JavaVersion = {
  major: number;
  /** The update of Java 8 and older, the third number since 9; null: the tag floats or does not tell. */
  update: number | null;
  /** `8u121`, `11.0.16`, `17`. */
  text: string;
};

const MIN_MAJOR = 5;
const MAX_MAJOR = 40;
// A word that stands for Java must come before a bare number, or `tomcat:8` would be Java 8.
const JAVA_WORD =
  '(?:openjdk|adoptopenjdk|temurin|corretto|zulu|liberica|sapmachine|semeru|ibmjava|oracle-?java|graalvm(?:-ce)?|java|jdk|jre)';
const SHAPES: readonly RegExp[] = [
  // jdk1.8.0_121, java-1.7.0-openjdk; without the word it may be the version of anything.
  new RegExp(`${JAVA_WORD}[\\w./:-]{0,20}?(?<![\\d.])1\\.([5-8])(?:\\.0)?(?:[_u](\\d{1,3}))?(?!\\d)`),
  // 8u121, 7u80
  /(?<![\w.])(?:jdk|jre|java|openjdk)?-?([5-8])u(\d{1,3})/,
  // jdk-11.0.16, openjdk:11.0.16-jre, temurin:17.0.2_8-jre
  new RegExp(`${JAVA_WORD}[\\w./-]{0,40}?[:/_-]?v?(?:jdk|jre)?[-_]?(\\d{1,2})\\.0\\.(\\d{1,3})`),
  // openjdk:8-jre, jdk11, java-17, openjdk/openjdk11, eclipse-temurin:21-jre, amazoncorretto:8
  new RegExp(
    `${JAVA_WORD}(?:[/-](?:jdk|jre|openjdk|alpine|slim|debian|centos))?[:/_-]?v?(\\d{1,2})(?![\\d.]*\\.\\d)(?!\\w*\\d{2})`,
  ),
];

/**
 * The Java version that an image name or a command tells, the more precise first. Null: they do not tell. Linear;
 * 1,000 characters of each are looked at.
 */
export function javaVersionOf(image: string | null, cmd: string | null): JavaVersion | null {
  const texts = [image, cmd].map((text) => (text ?? '').slice(0, 1000).toLowerCase());
  for (const shape of SHAPES) {
    for (const text of texts) {
      const version = toVersion(shape.exec(text));
      if (version !== null) return version;
    }
  }
  return null;
}

function toVersion(match: RegExpExecArray | null): JavaVersion | null {
  if (match === null) return null;
  const major = Number(match[1]);
  const update = match[2] === undefined ? null : Number(match[2]);
  if (major < MIN_MAJOR || major > MAX_MAJOR) return null;
  const text = update === null ? String(major) : major <= 8 ? `${major}u${update}` : `${major}.0.${update}`;
  return { major, update, text: excerpt(text, 20) };
}

export type LimitSight = 'sees' | 'blind' | 'on_request' | 'unknown';

/**
 * Whether this Java sizes its heap by the container's limit. `on_request`: only with the experimental flag
 * -XX:+UseCGroupMemoryLimitForHeap. Sources: JDK-8170888 (that flag: 8u131, 9), JDK-8146115 (by default: 10, 8u191).
 */
export function limitSight(version: JavaVersion | null): LimitSight {
  if (version === null) return 'unknown';
  const { major, update } = version;
  if (major < 8) return 'blind';
  if (major > 9) return 'sees';
  if (major === 9) return 'on_request';
  if (update === null) return 'unknown';
  if (update >= 191) return 'sees';
  return update >= 131 ? 'on_request' : 'blind';
}

/** Whether it reads the limit on hosts with cgroup v2: JDK-8230305 (15; 11.0.16; 8u372). Null: not known. */
export function seesCgroupV2(version: JavaVersion | null): boolean | null {
  if (version === null) return null;
  const { major, update } = version;
  if (major >= 15) return true;
  if (major !== 8 && major !== 11) return false;
  if (update === null) return null;
  return major === 8 ? update >= 372 : update >= 16;
}
