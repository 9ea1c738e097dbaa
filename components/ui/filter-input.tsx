'use client';

import { useEffect, useState } from 'react';

import classes from './filter-input.module.css';

const PAUSE_MS = 200;

type FilterInputProps = {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
};

/** A search box that tells its text after a pause in the typing. */
export function FilterInput({ label, value, onChange, placeholder }: FilterInputProps) {
  const [text, setText] = useState(value);
  const [told, setTold] = useState(value);
  // The URL changed by other means (back, a link): show what it holds.
  if (value !== told) {
    setTold(value);
    setText(value);
  }

  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);

  return (
    <input
      type="search"
      className={classes.input}
      aria-label={label}
      placeholder={placeholder ?? label}
      value={text}
      maxLength={200}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  );
}
