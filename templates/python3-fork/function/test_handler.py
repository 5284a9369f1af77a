import unittest

from handler import handle


class HandlerTest(unittest.TestCase):
    def test_greets_whoever_the_body_names(self):
        self.assertEqual(handle("Ada\n"), "Hello, Ada!\n")

    def test_greets_the_world_when_the_body_is_empty(self):
        self.assertEqual(handle(""), "Hello, world!\n")


if __name__ == "__main__":
    unittest.main()
