int cadre_test_needed(void);

int cadre_test_needed(void) {
  return 1;
}
