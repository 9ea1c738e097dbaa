export { TaskUnknown as default } from '@/components/tasks/task-unknown';
