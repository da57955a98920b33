namespace TraceReplay.Tests.Ingest;

/// <summary>Damages bytes as files are damaged: bytes changed, lost, put in, doubled, and the end cut off.</summary>
internal static class Mutation
{
    /// <summary>A copy with a few places damaged, of one byte at least.</summary>
    public static byte[] Of(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var count = random.Next(1, 20); count > 0 && bytes.Count > 0; count--)
        {
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 40), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.Insert(at, " \n()[]:.,;=-_#*x0fR"u8[random.Next(19)]);
                    break;
                case 3:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes[at] = "0123456789abcdef"u8[random.Next(16)];
                    break;
                default:
                    if (random.Next(20) == 0)
                    {
                        bytes.RemoveRange(at, bytes.Count - at);
                    }

                    break;
            }
        }

        return bytes.Count == 0 ? original[..1] : [.. bytes];
    }
}
