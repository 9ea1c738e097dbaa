export { DayUnknown as default } from '@/components/review/day-unknown';
