import 'react';

declare module 'react' {
  // Our own custom properties in `style`: numbers that a stylesheet calculates with.
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface can be merged into React's.
  interface CSSProperties {
    [name: `--${string}`]: string | number | undefined;
  }
}
