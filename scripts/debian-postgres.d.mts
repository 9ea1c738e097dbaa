export function debianPostgres(options?: {
  unpacked?: boolean;
}): Promise<{ bin: string; env: Record<string, string> } | null>;
