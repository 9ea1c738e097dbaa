'use client';

import { FilterInput } from '@/components/ui/filter-input';

import { ChoiceMenu } from './choice-menu';
import { CAUSE_CHOICES, DISPOSITION_CHOICES, STATE_CHOICES } from './filter-choices';
import classes from './task-filter-bar.module.css';
import { FILTER_NAMES, filterWords, type TaskFilters, without } from './task-filters';
import type { TaskListState } from './use-task-list';

/** Everything that narrows the list, and what narrows it now as chips to take away. */
export function TaskFilterBar({ list }: { list: TaskListState }) {
  const { filters, setFilters } = list;
  const setText = (name: 'q' | 'host' | 'app') => (value: string) =>
    setFilters({ ...filters, [name]: value === '' ? null : value }, 'replace');
  return (
    <search className={classes.bar} aria-label="Filter task ends">
      <div className={classes.controls}>
        <FilterInput
          label="Search: beginning of a task or container id, part of an app or host, words of a failure"
          value={filters.q ?? ''}
          onChange={setText('q')}
          placeholder="Id (beginning), app, host, words"
        />
        <ChoiceMenu
          label="State"
          groups={STATE_CHOICES}
          chosen={filters.state}
          onChange={(state) => setFilters({ ...filters, state })}
        />
        <ChoiceMenu
          label="Cause"
          groups={CAUSE_CHOICES}
          chosen={filters.cause}
          onChange={(cause) => setFilters({ ...filters, cause })}
        />
        <ChoiceMenu
          label="Kind"
          groups={DISPOSITION_CHOICES}
          chosen={filters.disposition}
          onChange={(disposition) => setFilters({ ...filters, disposition })}
        />
        <span className={classes.narrow}>
          <FilterInput label="Host" value={filters.host ?? ''} onChange={setText('host')} />
        </span>
        <span className={`${classes.narrow} ${classes.app}`}>
          <FilterInput
            label="App"
            value={filters.app ?? ''}
            onChange={setText('app')}
            placeholder="App, /shop/cart"
          />
        </span>
        <span className={classes.code}>
          <FilterInput
            label="Exit code"
            value={filters.exitCode?.toString() ?? ''}
            onChange={(text) => setFilters({ ...filters, exitCode: exitCode(text) }, 'replace')}
          />
        </span>
      </div>
      <FilterChips list={list} />
    </search>
  );
}

function FilterChips({ list }: { list: TaskListState }) {
  const { filters, place } = list;
  const chips = FILTER_NAMES.flatMap((name) => {
    const words = filterWords(filters, name);
    return words === null ? [] : [{ name, words, remove: () => list.setFilters(without(filters, name)) }];
  });
  return (
    <ul className={classes.chips} aria-label="Active filters">
      {chips.map(({ name, words, remove }) => (
        <Chip key={name} words={words} remove={remove} />
      ))}
      {place.allTime ? (
        <Chip words="Time: all of it" remove={() => list.setAllTime(false)} />
      ) : (
        <li>
          <button type="button" className={classes.plain} onClick={() => list.setAllTime(true)}>
            Search all time
          </button>
        </li>
      )}
      {chips.length > 1 && (
        <li>
          <button type="button" className={classes.plain} onClick={() => list.setFilters(noFilters(filters))}>
            Clear filters
          </button>
        </li>
      )}
    </ul>
  );
}

function Chip({ words, remove }: { words: string; remove: () => void }) {
  return (
    <li>
      <button type="button" className={classes.chip} onClick={remove} aria-label={`Remove filter ${words}`}>
        <span>{words}</span> <span aria-hidden>×</span>
      </button>
    </li>
  );
}

function noFilters(filters: TaskFilters): TaskFilters {
  return FILTER_NAMES.reduce(without, filters);
}

/** Half-typed or impossible codes narrow nothing. */
function exitCode(text: string): number | null {
  return /^\d{1,3}$/.test(text.trim()) && Number(text) <= 255 ? Number(text) : null;
}
