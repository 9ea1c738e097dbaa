export type Progress = {
  line(text: string): void;
  step<T>(title: string, work: (show: (line: string) => void) => Promise<T>): Promise<T>;
};

export function createProgress(stream?: NodeJS.WriteStream): Progress;
