import Link from 'next/link';
import type { ComponentProps } from 'react';

/** A link of a list: a page with a hundred of them must not ask the server for a hundred pages beforehand. */
export function PlainLink(props: Omit<ComponentProps<typeof Link>, 'prefetch'>) {
  return <Link {...props} prefetch={false} />;
}
