export { AppUnknown as default } from '@/components/apps/app-unknown';
