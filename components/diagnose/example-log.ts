/**
 * A made-up excerpt of /var/log/messages: a kernel's out-of-memory report and what the Mesos agent wrote after it.
 * Host, ids and app are invented.
 */
export const EXAMPLE_LOG = `Nov 25 03:12:07 node-7 kernel: java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=0
Nov 25 03:12:07 node-7 kernel: java cpuset=0d5b4f7c9a1e62835b0c7d4e9f1a6b2c3d8e7f60514233241526a7b8c9d0e1f2 mems_allowed=0
Nov 25 03:12:07 node-7 kernel: CPU: 3 PID: 20811 Comm: java Not tainted 3.10.0-1160.el7.x86_64 #1
Nov 25 03:12:07 node-7 kernel: Task in /docker/0d5b4f7c9a1e62835b0c7d4e9f1a6b2c3d8e7f60514233241526a7b8c9d0e1f2 killed as a result of limit of /docker/0d5b4f7c9a1e62835b0c7d4e9f1a6b2c3d8e7f60514233241526a7b8c9d0e1f2
Nov 25 03:12:07 node-7 kernel: memory: usage 2097152kB, limit 2097152kB, failcnt 1842
Nov 25 03:12:07 node-7 kernel: memory+swap: usage 2097152kB, limit 4194304kB, failcnt 0
Nov 25 03:12:07 node-7 kernel: [ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name
Nov 25 03:12:07 node-7 kernel: [20790]     0 20790     2961      231       9        0             0 entrypoint.sh
Nov 25 03:12:07 node-7 kernel: [20811]     0 20811  1544920   521187    1204        0             0 java
Nov 25 03:12:07 node-7 kernel: [20902]     0 20902     1091       84       7        0             0 tail
Nov 25 03:12:07 node-7 kernel: Memory cgroup out of memory: Kill process 20811 (java) score 995 or sacrifice child
Nov 25 03:12:07 node-7 kernel: Killed process 20811 (java) total-vm:6179680kB, anon-rss:2084748kB, file-rss:0kB, shmem-rss:0kB
Nov 25 03:12:07 node-7 mesos-slave[1873]: I1125 03:12:07.431209  1890 slave.cpp:4179] Handling status update TASK_FAILED (UUID: 5d2f9c1e-77aa-4b0e-9a34-0c9e1f2a3b4d) for task shop_checkout.4f1f0c2a-c9b3-11e7-9837-f2f3c189fa2c of framework 0f7a1c52-58c5-4b6e-9a7c-2f0d6f1b7e11-0000 from executor(1)@10.20.0.17:40112
`;
