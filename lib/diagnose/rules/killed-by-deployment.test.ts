import { describe, expect, it } from 'vitest';

import { ask, beforeEnd, marathonOf, type Row } from '../facts-for-tests';
import { killedByDeployment } from './killed-by-deployment';

describe('killedByDeployment', () => {
  it.each<Row>([
    {
      when: 'a deployment restarts this app',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({
          deployment: { deploymentId: 'd1', actions: ['RestartApplication'], startedAt: beforeEnd(30) },
        }),
      },
      want: 'killed_by_deploy_or_scale normal proven',
    },
    {
      when: 'an action with its target',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({
          deployment: {
            deploymentId: 'd1',
            actions: ['ScaleApplication /shop/cart'],
            startedAt: beforeEnd(30),
          },
        }),
      },
      want: 'killed_by_deploy_or_scale normal proven',
    },
    {
      when: 'the action is for another app',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({
          deployment: {
            deploymentId: 'd1',
            actions: ['RestartApplication /shop/cart2'],
            startedAt: beforeEnd(30),
          },
        }),
      },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'an action that kills nothing',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({
          deployment: { deploymentId: 'd1', actions: ['StartApplication'], startedAt: beforeEnd(30) },
        }),
      },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'first seen 60 s after the end',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({
          deployment: { deploymentId: 'd1', actions: ['RestartApplication'], startedAt: beforeEnd(-60) },
        }),
      },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'started 61 s after the end',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({
          deployment: { deploymentId: 'd1', actions: ['RestartApplication'], startedAt: beforeEnd(-61) },
        }),
      },
      want: null,
    },
    {
      when: 'the app is gone',
      facts: { state: 'TASK_KILLED', marathon: marathonOf({ appExists: false }) },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'configuration changed 600 s before',
      facts: { state: 'TASK_KILLED', marathon: marathonOf({ lastConfigChangeAt: beforeEnd(600) }) },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'configuration changed 601 s before',
      facts: { state: 'TASK_KILLED', marathon: marathonOf({ lastConfigChangeAt: beforeEnd(601) }) },
      want: null,
    },
    {
      when: 'scaled 120 s before',
      facts: { state: 'TASK_KILLED', marathon: marathonOf({ lastScalingAt: beforeEnd(120) }) },
      want: 'killed_by_deploy_or_scale normal likely',
    },
    {
      when: 'scaled 121 s before',
      facts: { state: 'TASK_KILLED', marathon: marathonOf({ lastScalingAt: beforeEnd(121) }) },
      want: 'killed_by_deploy_or_scale normal possible',
    },
    {
      when: 'scaled 601 s before',
      facts: { state: 'TASK_KILLED', marathon: marathonOf({ lastScalingAt: beforeEnd(601) }) },
      want: null,
    },
    {
      when: 'changed long after the end',
      facts: {
        state: 'TASK_KILLED',
        marathon: marathonOf({ lastConfigChangeAt: beforeEnd(-61), lastScalingAt: beforeEnd(-61) }),
      },
      want: null,
    },
    { when: 'left alone', facts: { state: 'TASK_KILLED', marathon: marathonOf() }, want: null },
    { when: 'no Marathon', facts: { state: 'TASK_KILLED' }, want: null },
    {
      when: 'FAILED in the middle of a deployment',
      facts: {
        state: 'TASK_FAILED',
        marathon: marathonOf({
          deployment: { deploymentId: 'd1', actions: ['RestartApplication'], startedAt: beforeEnd(30) },
        }),
      },
      want: null,
    },
  ])('$when: $want', ({ facts, want }) => {
    expect(ask(killedByDeployment, facts)).toBe(want);
  });
});
