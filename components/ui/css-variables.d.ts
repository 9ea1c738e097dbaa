import 'react';

declare module 'react' {
  // Our own custom properties in `style`: numbers that a stylesheet calculates with. Only an interface merges into React’s.
  interface CSSProperties {
    [name: `--${string}`]: string | number | undefined;
  }
}
