/* Linked to what portlog is linked to, and does nothing: what loading costs. */
int main(void)
{
	return 0;
}
