import { DerivedNumbers } from '@/components/evidence/derived-numbers';
import { CodeText } from '@/components/tasks/code-text';
import { Panel } from '@/components/ui/panel';
import type { JvmReportBody } from '@/lib/contracts/evidence';

import classes from './jvm-card.module.css';

const TONE_WORDS: Record<JvmReportBody['findings'][number]['tone'], string> = {
  bad: 'Bad',
  warn: 'Watch',
  good: 'Good',
  info: 'Known',
};

/** What the JVM advisor says of the app, what to set first. Nothing where nothing shows a JVM. */
export function JvmCard({ report }: { report: JvmReportBody | null }) {
  if (report === null) return null;
  const { because, javaVersion, findings, recommendation } = report;
  return (
    <Panel
      title="JVM memory"
      note={
        <>
          {javaVersion === null ? 'Java, its version is not known' : `Java ${javaVersion}`}: {because}
        </>
      }
    >
      <div className={classes.body}>
        {recommendation !== null && (
          <div className={classes.recommendation}>
            <h3>What to set</h3>
            <p>
              <CodeText text={recommendation} />
            </p>
          </div>
        )}
        <ul className={classes.findings} aria-label="Findings">
          {findings.map(({ tone, sentence, numbers }) => (
            <li key={sentence} className={classes.finding} data-tone={tone}>
              <p>
                <span className={classes.tone}>{TONE_WORDS[tone]}</span> <CodeText text={sentence} />
              </p>
              <DerivedNumbers numbers={numbers} />
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}
