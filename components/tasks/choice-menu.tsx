'use client';

import { Checkbox, Popover } from '@mantine/core';

import classes from './task-filter-bar.module.css';

export type ChoiceGroup<T extends string> = { label: string | null; choices: { value: T; label: string }[] };

type ChoiceMenuProps<T extends string> = {
  label: string;
  groups: ChoiceGroup<T>[];
  chosen: readonly T[];
  onChange: (chosen: T[]) => void;
};

/** A button that opens a list of boxes to tick; the button tells how many are. */
export function ChoiceMenu<T extends string>({ label, groups, chosen, onChange }: ChoiceMenuProps<T>) {
  const toggle = (value: T): void =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <Popover position="bottom-start" withinPortal trapFocus returnFocus shadow="md">
      <Popover.Target>
        <button type="button" className={classes.menu} data-active={chosen.length > 0 || undefined}>
          {label}
          {chosen.length > 0 && ` (${chosen.length})`} <span aria-hidden>▾</span>
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown} aria-label={label}>
        {groups.map((group) => (
          <fieldset key={group.label ?? ''} className={classes.group}>
            {group.label !== null && <legend>{group.label}</legend>}
            {group.choices.map((choice) => (
              <Checkbox
                key={choice.value}
                size="xs"
                label={choice.label}
                checked={chosen.includes(choice.value)}
                onChange={() => toggle(choice.value)}
              />
            ))}
          </fieldset>
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
