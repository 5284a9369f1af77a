<?php
declare(strict_types=1);

namespace App;

class Handler
{
    /** Greets whoever the body names: echo Ada | faas-cli invoke NAME */
    public function handle(string $data): string
    {
        $name = trim($data);
        return 'Hello, ' . ($name === '' ? 'world' : $name) . "!\n";
    }
}
