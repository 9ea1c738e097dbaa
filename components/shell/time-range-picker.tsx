'use client';

import { Popover } from '@mantine/core';
import { type FormEvent, useState } from 'react';

import { useThisQuarterHour, useTimeZone } from '@/components/ui/now';
import { DEFAULT_RANGE, RANGE_NAMES, type Range } from '@/lib/contracts/window';
import { formatWindow } from '@/lib/format/times';

import { fromLocalInput, toLocalInput } from './local-input';
import classes from './time-range-picker.module.css';
import { usePageWindow } from './use-page-window';
import type { PageWindow } from './window-params';

const RANGE_LABELS: Record<Range, string> = {
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '3d': 'Last 3 days',
  '7d': 'Last 7 days',
  '30d': 'Last 30 days',
  '90d': 'Last 90 days',
};

/** Which span the page is about: a named range that ends now, or two instants. */
export function TimeRangePicker() {
  const { window, allTime, setWindow } = usePageWindow();
  const timeZone = useTimeZone();
  const now = useThisQuarterHour();
  const [opened, setOpened] = useState(false);
  const label = allTime ? 'All time' : windowLabel(window, timeZone, now);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      trapFocus
      returnFocus
      withRoles={false}
      shadow="md"
    >
      <Popover.Target>
        <button
          type="button"
          className={classes.target}
          aria-haspopup="dialog"
          aria-expanded={opened}
          onClick={() => setOpened(!opened)}
        >
          <span className="visually-hidden">Time range: </span>
          <span className={classes.label} title={label}>
            {label}
          </span>
          <span aria-hidden className={classes.caret} />
        </button>
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label="Time range" className={classes.dropdown}>
        <ul className={classes.ranges}>
          {RANGE_NAMES.map((range) => (
            <li key={range}>
              <button
                type="button"
                className={classes.range}
                aria-pressed={window.range === range && !allTime}
                onClick={() => {
                  setWindow({ range, from: null, to: null });
                  setOpened(false);
                }}
              >
                {RANGE_LABELS[range]}
              </button>
            </li>
          ))}
        </ul>
        <CustomWindow
          key={timeZone}
          timeZone={timeZone}
          from={window.from}
          to={window.to}
          onApply={(from, to) => {
            setWindow({ range: null, from, to });
            setOpened(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function windowLabel({ range, from, to }: PageWindow, timeZone: string, now: Date): string {
  if (range === null && from !== null && to !== null) {
    return formatWindow({ from: new Date(from), to: new Date(to) }, timeZone, now);
  }
  return RANGE_LABELS[range ?? DEFAULT_RANGE];
}

type CustomWindowProps = {
  timeZone: string;
  from: string | null;
  to: string | null;
  onApply: (from: string, to: string) => void;
};

/** Two instants in the viewer's zone; says what is wrong with them instead of applying it. */
function CustomWindow({ timeZone, from, to, onApply }: CustomWindowProps) {
  const [start, setStart] = useState(() => toLocalInput(from));
  const [end, setEnd] = useState(() => toLocalInput(to));
  const [problem, setProblem] = useState<string | null>(null);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const [fromIso, toIso] = [fromLocalInput(start), fromLocalInput(end)];
    if (fromIso === null || toIso === null) setProblem('Give both a start and an end.');
    else if (fromIso >= toIso) setProblem('The start must be before the end.');
    else onApply(fromIso, toIso);
  };
  return (
    <form className={classes.custom} onSubmit={submit} noValidate>
      <label>
        From
        <input
          type="datetime-local"
          step={1}
          value={start}
          onChange={(event) => setStart(event.currentTarget.value)}
        />
      </label>
      <label>
        To
        <input
          type="datetime-local"
          step={1}
          value={end}
          onChange={(event) => setEnd(event.currentTarget.value)}
        />
      </label>
      {problem !== null && (
        <p role="alert" className={classes.problem}>
          {problem}
        </p>
      )}
      <div className={classes.apply}>
        <span>{timeZone}</span>
        <button type="submit">Apply</button>
      </div>
    </form>
  );
}
