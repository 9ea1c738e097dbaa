const FEWEST_FLEET_FAILURES = 5;

/**
 * Odds (0..1) that a host would have at least `failures` in its task-hours, did it fail as often as the other
 * hosts: P(X >= failures) of a Poisson with mean (failures per task-hour of the others) x `hours`.
 * `fleet` includes the host. Null: the fleet has fewer than 5 failures, or one side has no task-hours.
 */
export function chance(
  host: { failures: number; hours: number },
  fleet: { failures: number; hours: number },
): number | null {
  const otherHours = fleet.hours - host.hours;
  // Sums of floats: a fleet of one host leaves a rest of about zero.
  if (fleet.failures < FEWEST_FLEET_FAILURES || host.hours <= 0 || otherHours <= fleet.hours * 1e-9)
    return null;
  const otherFailures = Math.max(0, fleet.failures - host.failures);
  return poissonAtLeast(host.failures, (otherFailures / otherHours) * host.hours);
}

/** P(X >= count) for X Poisson of mean `mean`; in log space, so that nothing under- or overflows. */
export function poissonAtLeast(count: number, mean: number): number {
  if (count <= 0) return 1;
  if (mean <= 0) return 0;
  // The side with the smaller terms is summed; the other would lose the answer in rounding.
  if (count > mean) return Math.min(1, sumTerms(count, mean, 1));
  return Math.max(0, 1 - sumTerms(count - 1, mean, -1));
}

/** Poisson terms from `start` upwards or downwards until they no longer matter. */
function sumTerms(start: number, mean: number, step: 1 | -1): number {
  let term = Math.exp(start * Math.log(mean) - mean - logFactorial(start));
  let sum = 0;
  for (let k = start; k >= 0; k += step) {
    sum += term;
    term = step === 1 ? (term * mean) / (k + 1) : (term * k) / mean;
    if (term <= sum * 1e-16) break;
  }
  return sum;
}

/** ln n!; exact sum for small n, Stirling's series (error under 1e-10) from 32 on. */
function logFactorial(n: number): number {
  if (n < 32) {
    let sum = 0;
    for (let k = 2; k <= n; k += 1) sum += Math.log(k);
    return sum;
  }
  return (
    n * Math.log(n) -
    n +
    0.5 * Math.log(2 * Math.PI * n) +
    1 / (12 * n) -
    1 / (360 * n ** 3) +
    1 / (1260 * n ** 5)
  );
}
